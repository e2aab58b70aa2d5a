import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../plan/root.js';
import { Shell, until } from '../support/shell.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { MANAGEMENT } from './secured.js';

const DOC = join(ROOT, 'docs/security.md');
const [BEGIN, END] = ['<!-- permissions: measured by test/mesh/acl-table.test.ts -->\n', '<!-- /permissions -->'];
const KINDS = ['service-defaults', 'service-resolver', 'service-splitter'];

/** The rules of an operator's policy, each as its column is headed. */
const COLUMNS: Readonly<Record<string, string>> = {
  'service payments': 'service',
  'service payments-sidecar-proxy': 'its sidecars',
  'service web-sidecar-proxy': 'callers',
  'node_prefix ': 'nodes',
  'key splitter/plans/payments': 'plans',
  'key_prefix splitter/history/payments/': 'history',
  'key splitter/drivers/payments': 'drivers',
  'key_prefix splitter/controllers/': 'controllers',
  'key splitter/freeze': 'freeze',
  'key splitter/doorbell': 'doorbell',
  'session_prefix ': 'session',
};

const PLAN = `
service: payments
callers: [web]
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 100 }]
bake: 1s
signals: [{ name: errors, source: envoy, metric: errors, max: 50%, dry_run: true }]
`;

interface State {
  readonly entries: readonly (Readonly<Record<string, unknown>> | undefined)[];
  readonly keys: readonly (readonly [key: string, value: string])[];
}

/** Commands with the commands that lead to where they are typed. */
const COMMANDS: readonly (readonly [name: string, line: string, before: readonly string[]])[] = [
  ['doctor', 'doctor payments', ['ramp']],
  ['plan', 'plan FILE', ['ramp']],
  ['apply', 'apply FILE', []],
  ['ramp', 'ramp payments --plan FILE --to 20', ['apply']],
  ['start --foreground', 'start FILE --foreground', ['apply']],
  ['status', 'status payments', ['ramp']],
  ['list', 'list', ['ramp']],
  ['history', 'history payments', ['ramp']],
  ['subsets', 'subsets payments', ['ramp']],
  ['export', 'export payments', ['ramp']],
  ['export --plan', 'export --plan payments', ['apply']],
  ['pause', 'pause payments', ['interrupted']],
  ['resume', 'resume payments', ['interrupted', 'pause payments']],
  ['promote', 'promote payments', ['ramp']],
  ['promote --full', 'promote payments --full', ['ramp']],
  ['abort', 'abort payments', ['ramp']],
  ['undo', 'undo payments', ['ramp', 'promote payments --full']],
  ['undo --to', 'undo payments --to 2', ['ramp', 'promote payments --full']],
  ['continue', 'continue payments', ['ramp']],
  ['remove', 'remove payments --force', ['ramp', 'abort payments']],
  ['retry', 'retry payments', ['ramp', 'abort payments']],
  ['freeze', 'freeze', []],
  ['freeze on', 'freeze on --reason x', []],
];

describe('the table of permissions in docs/security.md (when it is not fresh: SPLITTER_TRANSCRIPTS=write)', function () {
  this.timeout(600_000);
  let consul: ConsulAgent;
  let folder: string;
  let admin: Shell;
  const tokens = new Map<string, string>();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'splitter-table-'));
    writeFileSync(join(folder, 'payments.yaml'), PLAN);
    consul = await startConsulAgent({ managementToken: MANAGEMENT });
    admin = new Shell(consul.address, { CONSUL_HTTP_TOKEN: MANAGEMENT });
    const check = [{ Name: 'up', TTL: '24h', Status: 'passing' }];
    const register = (Name: string, ID: string, Port: number, more: object) =>
      consul.api('PUT', '/v1/agent/service/register', {
        Name,
        ID,
        Port,
        Connect: { SidecarService: { Port: Port + 100, Checks: check, Proxy: { Upstreams: [] } } },
        ...more,
      });
    for (const version of ['2', '3'])
      await register('payments', `payments-${version}`, 9_000 + Number(version), { Meta: { version } });
    const Upstreams = [{ DestinationName: 'payments', LocalBindPort: 9_300 }];
    await register('web', 'web', 9_200, { Connect: { SidecarService: { Port: 9_301, Checks: check, Proxy: { Upstreams } } } });
    await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
    const rules = JSON.parse((await admin.run(fill('acl-policy FILE -o json'))).out) as Record<string, Record<string, object>>;
    const names = Object.entries(rules).flatMap(([block, all]) => Object.keys(all).map((name) => `${block} ${name}`));
    expect(names.sort()).to.deep.equal(Object.keys(COLUMNS).sort());
    for (const rule of names) tokens.set(rule, await tokenWithout(rules, rule));
  });
  after(async () => {
    await consul?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const fill = (line: string): string => line.replace('FILE', join(folder, 'payments.yaml'));
  const tokenWithout = async (rules: Record<string, Record<string, object>>, rule: string): Promise<string> => {
    const [block, name] = [rule.slice(0, rule.indexOf(' ')), rule.slice(rule.indexOf(' ') + 1)];
    const { [name]: _, ...others } = rules[block]!;
    const Name = `without-${tokens.size}`;
    await consul.api('PUT', '/v1/acl/policy', { Name, Rules: JSON.stringify({ ...rules, [block]: others }) });
    const token = await consul.api<{ SecretID: string }>('PUT', '/v1/acl/token', { Policies: [{ Name }] });
    return token!.SecretID;
  };
  const lead = async (steps: readonly string[]): Promise<State> => {
    for (const kind of [...KINDS].reverse()) await consul.api('DELETE', `/v1/config/${kind}/payments`);
    await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
    await consul.api('DELETE', '/v1/kv/splitter/?recurse');
    // Without a key of a controller nothing under their prefix could be hidden.
    await consul.api('PUT', '/v1/kv/splitter/controllers/none', '{}');
    for (const step of steps) {
      if (step === 'interrupted') {
        const ramp = admin.start(fill('ramp payments --plan FILE --to 50 --by 10 --every 1h'));
        await until('it has begun', () => /10%/.test(ramp.output()) && /Progressing/.test(ramp.output()));
        ramp.interrupt();
        await ramp.done;
        continue;
      }
      const known = COMMANDS.find(([name]) => name === step)?.[1] ?? step;
      const ran = await admin.run(fill(known));
      // Without a signal that binds a ramp proves nothing.
      expect([ran.code, known], ran.err).to.deep.equal([known.startsWith('ramp ') ? 5 : 0, known]);
    }
    const keys = await consul.api<{ Key: string; Value: string }[]>('GET', '/v1/kv/splitter/?recurse');
    return {
      entries: await Promise.all(KINDS.map((kind) => consul.api<Record<string, unknown>>('GET', `/v1/config/${kind}/payments`))),
      keys: (keys ?? []).map(({ Key, Value }) => [Key, Buffer.from(Value ?? '', 'base64').toString()]),
    };
  };
  const putBack = async ({ entries, keys }: State): Promise<void> => {
    for (const [i, entry] of [...entries].reverse().entries())
      if (entry === undefined) await consul.api('DELETE', `/v1/config/${KINDS.at(-1 - i)}/payments`);
    for (const entry of entries) {
      if (entry === undefined) continue;
      const { CreateIndex: _, ModifyIndex: __, Hash: ___, ...own } = entry;
      await consul.api('PUT', '/v1/config', own);
    }
    await consul.api('DELETE', '/v1/kv/splitter/?recurse');
    for (const [key, value] of keys) await consul.api('PUT', `/v1/kv/${key}`, value);
  };
  /** `needs`: it ends with 7; `warns`: it is done, and says what it could not do; nothing where it does not matter. */
  const measure = async (line: string, rule: string): Promise<'needs' | 'warns' | ''> => {
    const { code, out, err } = await admin.with({ CONSUL_HTTP_TOKEN: tokens.get(rule)! }).run(fill(line));
    if (code === 7) return 'needs';
    return /lacks permission|token may not/.test(out + err) ? 'warns' : '';
  };

  it('is what a real Consul says when one rule is missing', async () => {
    const columns = Object.keys(COLUMNS);
    const rows: string[] = [];
    for (const [name, line, before] of COMMANDS) {
      const state = await lead(before);
      const cells: string[] = [];
      for (const rule of columns) {
        await putBack(state);
        cells.push(await measure(line, rule));
      }
      rows.push(`| \`${name}\` | ${cells.join(' | ')} |`);
    }
    const heads = columns.map((rule) => COLUMNS[rule]);
    const table = [`| | ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length + 1)}`, ...rows, ''].join('\n');
    const text = readFileSync(DOC, 'utf8');
    const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
    if (process.env.SPLITTER_TRANSCRIPTS === 'write') writeFileSync(DOC, text.slice(0, from) + table + text.slice(to));
    else expect(text.slice(from, to)).to.equal(table);
  });
});
