import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../support/shell.js';
import { SERVICE } from './mesh.js';
import { freePort } from './ports.js';
import { endSplitters, type SplitterProcess } from './program.js';
import { type SecuredMesh, startSecuredMesh } from './secured.js';

const PLAN = `
service: ${SERVICE}
callers: [web]
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps: [{ weight: 50 }, { pause: {} }]
bake: 1s
signals: [{ name: errors, source: envoy, metric: errors, max: 50% }]
schedule: { start: { at: 2099-01-01T00:00:00Z } }
notify: [{ webhook: { url: "http://127.0.0.1:9/" } }]
`;

/** A command that goes on for so long was not refused. */
const LONGEST = 30_000;

/** The rules of a policy as JSON: resource, name, settings. */
type Rules = Record<string, Record<string, object>>;

/** What takes a rule away, what is typed then, and what the error has to name. `exit` is 7 where nothing else is said. */
interface Case {
  readonly rule: string;
  readonly line: string;
  readonly names: RegExp;
  readonly exit?: number;
}

describe('with one permission less than acl-policy prints', function () {
  this.timeout(300_000);
  let secured: SecuredMesh;
  let folder: string;
  let file: string;
  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'splitter-missing-'));
    file = join(folder, 'payments.yaml');
    writeFileSync(file, PLAN);
    secured = await startSecuredMesh();
  });
  after(async () => {
    await secured?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(endSplitters);

  const rulesOf = async (args: string): Promise<Rules> =>
    JSON.parse(await secured.policy(`${file} -o json${args} --agents test`)) as Rules;
  const namesOf = (rules: Rules): string[] =>
    Object.entries(rules).flatMap(([block, byName]) => Object.keys(byName).map((name) => `${block} ${name}`));
  const without = (rules: Rules, rule: string): string => {
    const [block, name] = [rule.slice(0, rule.indexOf(' ')), rule.slice(rule.indexOf(' ') + 1)];
    const { [name]: _, ...others } = rules[block]!;
    return JSON.stringify({ ...rules, [block]: others });
  };
  /** Whatever splitter may have written: entries and keys with their indexes. */
  const written = async (): Promise<unknown> => {
    const kinds = ['service-defaults', 'service-resolver', 'service-splitter', 'service-router'];
    const keys = await secured.mesh.consul.api<{ Key: string; ModifyIndex: number }[]>('GET', '/v1/kv/splitter/?recurse');
    const sessions = await secured.mesh.consul.api<{ Name: string }[]>('GET', '/v1/session/list');
    return [
      await Promise.all(kinds.map((kind) => secured.mesh.config(kind, SERVICE))),
      (keys ?? []).filter(({ Key }) => !Key.includes('/controllers/')).map(({ Key, ModifyIndex }) => [Key, ModifyIndex]),
      sessions?.filter(({ Name }) => Name !== 'splitter controller'),
    ];
  };
  const check = async (rules: Rules, cases: readonly Case[], hint: RegExp): Promise<void> => {
    expect(cases.map(({ rule }) => rule).sort(), 'every rule is tried').to.deep.equal(namesOf(rules).sort());
    for (const { rule, line, names, exit = 7 } of cases) {
      const token = await secured.tokenFile(without(rules, rule));
      const before = await written();
      const going = secured.start(line, token);
      const late = setTimeout(() => going.kill('SIGKILL'), LONGEST);
      const code = await going.exit;
      clearTimeout(late);
      const output = going.output();
      expect([code, rule], output).to.deep.equal([exit, rule]);
      expect(output, rule).to.match(names);
      expect(output, rule).to.match(/its policy lacks\s/);
      if (exit === 7) {
        expect(output, rule).to.match(hint);
        expect(await written(), `${rule}: nothing is half-written`).to.deep.equal(before);
      }
    }
  };

  it('an operator is told which', async () => {
    const start = `start ${file} --foreground`;
    const ramp = `ramp ${SERVICE} --plan ${file} --to 50`;
    const cases: readonly Case[] = [
      { rule: `service ${SERVICE}`, line: start, names: /'service:write' on "payments"/ },
      { rule: `service ${SERVICE}-sidecar-proxy`, line: ramp, names: /'service:read' on the sidecars/ },
      { rule: 'service web-sidecar-proxy', line: start, names: /'service:read' on the sidecars that call payments/ },
      { rule: 'node_prefix ', line: ramp, names: /'node:read'/ },
      { rule: `key splitter/plans/${SERVICE}`, line: `apply ${file}`, names: /'key:write' on "splitter\/plans\/payments"/ },
      { rule: `key_prefix splitter/history/${SERVICE}/`, line: start, names: /'key:write' on "splitter\/history\/payments\/"/ },
      { rule: `key splitter/drivers/${SERVICE}`, line: ramp, names: /'key:write' on "splitter\/drivers\/payments"/ },
      { rule: `key splitter/notified/${SERVICE}`, line: start, names: /'key:write' on "splitter\/notified\/payments"/ },
      { rule: 'key splitter/freeze', line: 'freeze on --reason x', names: /'key:(read|write)' on "splitter\/freeze"/ },
      { rule: 'key_prefix splitter/controllers/', line: start, names: /'key:read' on "splitter\/controllers\/"/ },
      { rule: 'session test', line: ramp, names: /'session:write' on "test"/ },
      // What the doorbell tells, the controllers' lists tell a little later: the ramp is done, and says so.
      {
        rule: 'key splitter/doorbell',
        line: `ramp ${SERVICE} --plan ${file} --to 50 --no-hold`,
        names: /'key:write' on "splitter\/doorbell"/,
        exit: 5,
      },
    ];
    await check(await rulesOf(''), cases, /-> splitter acl-policy .*prints all that it needs/);
  });

  it('a viewer is told which', async () => {
    const cases: readonly Case[] = [
      { rule: `service ${SERVICE}`, line: `status ${SERVICE}`, names: /'service:read' on "payments"/ },
      { rule: `service ${SERVICE}-sidecar-proxy`, line: `status ${SERVICE}`, names: /'service:read' on the sidecars/ },
      { rule: 'node_prefix ', line: `subsets ${SERVICE}`, names: /'node:read'/ },
      {
        rule: `key splitter/plans/${SERVICE}`,
        line: `export --plan ${SERVICE}`,
        names: /'key:read' on "splitter\/plans\/payments"/,
      },
      {
        rule: `key_prefix splitter/history/${SERVICE}/`,
        line: `history ${SERVICE}`,
        names: /'key:read' on "splitter\/history\/payments\//,
      },
      {
        rule: `key splitter/drivers/${SERVICE}`,
        line: `status ${SERVICE}`,
        names: /'key:read' on "splitter\/drivers\/payments"/,
      },
      { rule: 'key splitter/freeze', line: 'freeze', names: /'key:read' on "splitter\/freeze"/ },
      { rule: 'key_prefix splitter/controllers/', line: `status ${SERVICE}`, names: /'key:read' on "splitter\/controllers\/"/ },
    ];
    const running = await startController(await rulesOf(' --controller'));
    await until('the controller is registered', () => /"joined"/.test(running.output()));
    await secured.run(
      `ramp ${SERVICE} --plan ${file} --to 40 --no-hold`,
      await secured.tokenFile(JSON.stringify(await rulesOf(''))),
    );
    await check(await rulesOf(' --read-only'), cases, /-> splitter acl-policy .*prints all that it needs/);
    await end(running);
  });

  it('a controller that can never work ends and is told why; else its log tells', async () => {
    const rules = await rulesOf(' --controller');
    const cases: readonly { readonly rule: string; readonly names: RegExp; readonly ends?: true; readonly line?: string }[] = [
      { rule: 'session test', names: /'session:write' on "test"/, ends: true },
      {
        rule: 'key_prefix splitter/controllers/',
        names: /'key:write' on "splitter\/controllers\/.*key_prefix "splitter\/controllers\/"/s,
        ends: true,
      },
      { rule: 'key splitter/freeze', names: /'key:read' on "splitter\/freeze"/, ends: true },
      { rule: 'key splitter/doorbell', names: /'key:read' on "splitter\/doorbell"/, ends: true },
      { rule: `service ${SERVICE}`, names: /'service:(read|write)' on \\?"payments/ },
      { rule: `service ${SERVICE}-sidecar-proxy`, names: /'service:read' on the sidecars/ },
      { rule: 'service web-sidecar-proxy', names: /service:read on the sidecars of the callers/ },
      { rule: 'node_prefix ', names: /'node:read'/ },
      { rule: `key splitter/plans/${SERVICE}`, names: /'key:read' on \\?"splitter\/plans\/payments/ },
      { rule: `key_prefix splitter/history/${SERVICE}/`, names: /'key:(read|write)' on \\?"splitter\/history\/payments\// },
      {
        rule: `key splitter/drivers/${SERVICE}`,
        names: /'key:read' on \\?"splitter\/drivers\/payments/,
        line: `ramp ${SERVICE} --plan ${file} --to 60 --signal none`,
      },
      { rule: `key splitter/notified/${SERVICE}`, names: /'key:(read|write)' on \\?"splitter\/notified\/payments/ },
      { rule: `key splitter/schedules/${SERVICE}`, names: /'key:(read|write)' on \\?"splitter\/schedules\/payments/ },
    ];
    expect(cases.map(({ rule }) => rule).sort(), 'every rule is tried').to.deep.equal(namesOf(rules).sort());
    const operator = await secured.tokenFile(JSON.stringify(await rulesOf('')));
    await secured.run(`apply ${file}`, operator);
    for (const { rule, names, ends, line = `ramp ${SERVICE} --plan ${file} --to 60 --detach` } of cases) {
      const running = await startController(without(rules, rule));
      if (ends === true) {
        expect([await running.exit, rule], running.output()).to.deep.equal([7, rule]);
        expect(running.output())
          .to.match(names)
          .and.to.match(/-> splitter acl-policy --controller {3}prints all/);
        continue;
      }
      await until(`it is registered without ${rule}`, () => /"joined"/.test(running.output()));
      const begun = await secured.run(line, operator);
      expect(begun.code, begun.output).to.equal(0);
      await until(`its log names ${rule}`, () => names.test(running.output()));
      await end(running);
      await secured.run(`abort ${SERVICE}`, operator);
    }
  });

  const end = async (running: SplitterProcess): Promise<void> => {
    running.kill('SIGTERM');
    await running.exit;
  };
  const startController = async (rules: Rules | string) => {
    const token = await secured.tokenFile(typeof rules === 'string' ? rules : JSON.stringify(rules));
    return secured.start(`run --listen 127.0.0.1:${await freePort()} --log-level debug`, token);
  };
});
