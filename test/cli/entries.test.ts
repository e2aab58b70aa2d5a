import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { ROOT } from '../plan/root.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
protocol: http
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 90s
signals:
  - { name: errors, source: envoy, metric: errors, max: 0.7% }
`;

describe('what stands in Consul, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let folder: string;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
    folder = mkdtempSync(join(tmpdir(), 'splitter-entries-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await sandbox.stop();
  });

  const config = async (kind: string): Promise<Record<string, unknown>> =>
    (await fetch(`${sandbox.consulAddress}/v1/config/${kind}/payments`)).json() as Promise<Record<string, unknown>>;
  const write = async (entry: unknown): Promise<unknown> =>
    (await fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) })).json();

  describe('splitter subsets', () => {
    it('tells who is in which, and which version runs in none', async () => {
      await shell.run('ramp payments --to 20 --signal none');
      sandbox.deploy('4');
      const { subsets, strays, hidden, next } = await shell.json('subsets payments');
      expect(subsets[1]).to.deep.equal({
        subset: 'green',
        filter: 'Service.Meta.version == "3"',
        version: '3',
        role: 'canary',
        weight: 20,
        instances: { passing: 2, warning: 0, critical: 0 },
      });
      expect([subsets[0].role, strays, hidden]).to.deep.equal(['stable', [{ version: '4', instances: 1 }], []]);
      expect(next[0]).to.match(/subsets: \{ green: \{ version: "4" \} \}/);
      const { code, out } = await shell.run('subsets payments');
      expect([code, /green +canary +20% +2\/0\/0 +3 /.test(out)]).to.deep.equal([0, true]);
    });

    it('finds a sidecar that hides its version, and says what a ramp would need where there are no subsets', async () => {
      await fetch(`${sandbox.consulAddress}/v1/agent/service/register`, {
        method: 'PUT',
        body: JSON.stringify({
          ID: 'odd-1',
          Name: 'payments',
          Port: 9,
          Meta: { version: '5' },
          Connect: { SidecarService: { Meta: { team: 'pay' } } },
        }),
      });
      const { hidden, strays } = await shell.json('subsets payments');
      expect(hidden).to.have.length(1);
      expect(hidden[0]).to.deep.include({ sidecar: 'odd-1-sidecar-proxy', says: null, version: '5' });
      expect(strays.map((one: { version: string }) => one.version)).to.deep.equal(['2', '3', null]);
    });

    it('ends with exit 1 for a service that nobody knows', async () => {
      const { code, err } = await shell.run('subsets nothing');
      expect([code, /Consul knows no nothing/.test(err)]).to.deep.equal([1, true]);
    });
  });

  describe('splitter export', () => {
    it('writes entries that Consul takes back as they were, but for the record', async () => {
      await shell.run('ramp payments --to 20 --signal none');
      const before = await config('service-splitter');
      const { out } = await shell.run('export payments --format json --kind service-splitter');
      const entry = JSON.parse(out);
      expect(entry).to.have.all.keys('Kind', 'Name', 'Splits', 'Meta');
      expect(entry.Meta).to.deep.equal({ 'external-source': 'splitter' });
      expect([await write(entry), (await config('service-splitter')).Splits]).to.deep.equal([true, before.Splits]);
    });

    it('writes one file an entry, of one service or of all, which import reads', async () => {
      await shell.run('ramp payments --to 20 --signal none');
      const { code, err } = await shell.run(`export --all --out ${folder}/entries`);
      expect([code, /written to/.test(err)]).to.deep.equal([0, true]);
      const files = readdirSync(join(folder, 'entries'));
      expect(files).to.include.members([
        'service-resolver-payments.hcl',
        'service-splitter-payments.hcl',
        'service-defaults-payments.hcl',
      ]);
      const { out, code: read } = await shell.run(
        `import ${folder}/entries/service-resolver-payments.hcl ${folder}/entries/service-splitter-payments.hcl`,
      );
      expect([read, out.includes('blue: { version: "2" }'), out.includes('- weight: 20')]).to.deep.equal([0, true, true]);
    });

    it('writes the plan so that it reads back to the same digest, in both languages', async () => {
      await shell.run(`apply ${planFile(PLAN)}`);
      const digest = (await readPlan(PLAN, 'p.yaml')).plans[0]!.digest;
      for (const format of ['yaml', 'hcl'] as const) {
        const { code, out, err } = await shell.run(`export --plan payments --format ${format}`);
        expect([code, err]).to.deep.equal([0, '']);
        expect((await readPlan(out, `p.${format}`)).plans[0]!.digest).to.equal(digest);
      }
      expect(await shell.json('export --plan payments')).to.deep.include({ service: 'payments', digest, readsBack: true });
    });

    it('writes the plan that a rollout follows, and says where a file cannot say it', async () => {
      await shell.run(`apply ${planFile(PLAN)}`);
      await shell.run('ramp payments --to 20 --signal none');
      await shell.run('ramp payments --to 10 --signal none');
      const applied = await shell.run('export --plan payments');
      expect(applied.err).to.match(/The last rollout follows another plan .*\n {2}-> splitter export --plan --followed payments/);
      expect((await shell.run('export --plan --followed payments')).out).to.include('- weight: 10');
    });

    it('refuses what makes no sense, with what to type', async () => {
      for (const [line, message] of [
        ['export', /name one service, or --all/],
        ['export payments --all', /name one service, or --all/],
        ['export payments --format yaml', /Consul takes no YAML/],
        ['export --plan payments', /no plan of payments is applied/],
        ['export nothing', /Consul has no config entry for nothing/],
      ] as const) {
        const { code, err } = await shell.run(line);
        expect([code, message.test(err), err.includes('  -> ')], `${line}: ${err}`).to.deep.equal([1, true, true]);
      }
    });
  });

  describe('splitter import', () => {
    it('makes a plan of what is in Consul that changes nothing there', async () => {
      await write({
        Kind: 'service-resolver',
        Name: 'payments',
        DefaultSubset: 'blue',
        RequestTimeout: '5s',
        Subsets: { blue: { Filter: 'Service.Meta.version == 2' }, green: { Filter: 'Service.Meta.version == 3' } },
      });
      const before = await config('service-resolver');
      const { code, err } = await shell.run(`import payments --out ${folder}/p.hcl --format hcl`);
      expect([code, /a plan does not say RequestTimeout\n {2}service-resolver\/payments:\d+:\d+\n/.test(err)]).to.deep.equal([
        0,
        true,
      ]);
      expect((await shell.run(`apply ${folder}/p.hcl`)).code).to.equal(0);
      expect((await config('service-resolver')).ModifyIndex).to.equal(before.ModifyIndex);
    });

    it('tells the subsets from the versions that run where no resolver does', async () => {
      const { out } = await shell.run('import payments');
      expect(out).to.include('blue: { version: "2" }').and.include('protocol: http').and.include('stable: blue');
    });

    it('writes over nothing, reads stdin, and ends with exit 6 when there can be no plan', async () => {
      writeFileSync(join(folder, 'p.yaml'), 'mine');
      const again = await shell.run(`import payments --out ${folder}/p.yaml`);
      expect([again.code, readFileSync(join(folder, 'p.yaml'), 'utf8')]).to.deep.equal([1, 'mine']);
      const alone = await shell.run('import -', 'kind = "service-splitter"\nname = "payments"\nsplits = []\n');
      expect([alone.code, alone.out, /there is no service-resolver\/payments/.test(alone.err)]).to.deep.equal([6, '', true]);
      const empty = await shell.run('import - -o json', '');
      expect([empty.code, JSON.parse(empty.out)]).to.deep.equal([6, { plans: [], diagnostics: [] }]);
      expect((await shell.run('import missing.hcl')).err).to.match(/missing\.hcl: there is no such file/);
      expect((await shell.run('import nothing')).err).to.match(/Consul has no config entry for nothing/);
    });
  });

  it("the workshop's walk-through is a plan of at most ten lines and three commands", async () => {
    const example = join(ROOT, 'examples', 'workshop.yaml');
    const lines = readFileSync(example, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('#'))).to.have.length.at.most(10);
    const commands = lines.flatMap((line) => /^# +splitter (\S+(?: \S+)*)/.exec(line)?.[1] ?? []);
    expect(commands.map((line) => line.split(' ')[0])).to.deep.equal(['apply', 'ramp', 'abort']);
    const shares = [];
    for (const command of commands) {
      const { code } = await shell.run(command.replace('examples/workshop.yaml', example));
      expect(code, command).to.equal(0);
      shares.push(((await config('service-splitter')).Splits as { Weight: number }[]).map(({ Weight }) => Weight));
    }
    expect(shares).to.deep.equal([
      [100, 0],
      [50, 50],
      [100, 0],
    ]);
  });

  describe('splitter plan --out', () => {
    const save = async (text = PLAN): Promise<string> => {
      const { code, err } = await shell.run(`plan ${planFile(text)} --out ${folder}/p.plan`);
      expect([code, /-> splitter apply/.test(err)]).to.deep.equal([0, true]);
      return join(folder, 'p.plan');
    };

    it('keeps the writes with the indexes that they were computed at, and apply makes exactly these', async () => {
      const file = await save();
      const saved = JSON.parse(readFileSync(file, 'utf8'));
      expect(saved).to.deep.include({ kind: 'splitter-saved-plan', version: 1, service: 'payments' });
      expect(saved.writes.map((one: { kind: string; cas: number }) => [one.kind, one.cas])).to.deep.equal([
        ['service-resolver', 0],
        ['service-splitter', 0],
      ]);
      expect((await shell.run(`apply ${file} --dry-run`)).err).to.match(/nothing was written/);
      const { code, out, err } = await shell.run(`apply ${file}`);
      expect([
        code,
        /^Plan: 2 to add, 0 to change, 0 to destroy\.$/m.test(out),
        /2 entries written, plan kept/.test(err),
      ]).to.deep.equal([0, true, true]);
      expect((await config('service-splitter')).Splits).to.deep.equal(saved.writes[1].entry.Splits);
      expect((await shell.json('export --plan payments')).digest).to.equal(saved.plan.digest);
    });

    it('is refused as stale before anything is written, with the entry that changed', async () => {
      const file = await save();
      await write({ Kind: 'service-splitter', Name: 'payments', Splits: [{ Weight: 100 }] });
      const { code, err } = await shell.run(`apply ${file}`);
      expect(code).to.equal(1);
      expect(err).to.match(
        /stale: service-splitter\/payments was made \(index \d+\) since .*Nothing was written\n {2}-> splitter plan .* --out /,
      );
      expect((await fetch(`${sandbox.consulAddress}/v1/config/service-resolver/payments`)).status).to.equal(404);
      expect((await shell.run('export --plan payments')).code).to.equal(1);
    });

    it('is stale once it is applied, and after a change to an entry that it does not write', async () => {
      const file = await save();
      expect((await shell.run(`apply -`, readFileSync(file, 'utf8'))).code).to.equal(0);
      expect((await shell.run(`apply ${file}`)).err).to.match(/stale: service-resolver\/payments was made/);
      const next = await save(PLAN.replace('90s', '91s'));
      await write({ Kind: 'service-defaults', Name: 'payments', Protocol: 'http', MaxInboundConnections: 9 });
      expect((await shell.run(`apply ${next}`)).err).to.match(
        /stale: service-defaults\/payments changed \(index \d+ then, \d+ now\)/,
      );
    });

    it('is not saved where apply would refuse, applied beside others, or taken from another version', async () => {
      const grpc = await shell.run(`plan ${planFile(PLAN.replace('protocol: http', 'protocol: grpc'))} --out ${folder}/no.plan`);
      expect([grpc.code, /Nothing was saved/.test(grpc.err), readdirSync(folder)]).to.deep.equal([1, true, []]);
      const file = await save();
      expect((await shell.run(`apply ${file} ${planFile(PLAN)}`)).err).to.match(/applied alone/);
      writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 1', '"version": 2'));
      expect((await shell.run(`apply ${file}`)).err).to.match(/saved by another version/);
    });

    it('is asked for on a terminal, and not applied without a yes', async () => {
      const file = await save();
      const questions: string[] = [];
      const answer = (text: string) => async (question: string) => {
        questions.push(question);
        return text;
      };
      const no = await shell.asked(answer('n')).run(`apply ${file}`);
      expect([no.code, /not applied/.test(no.err), questions]).to.deep.equal([1, true, ['Apply exactly this? (yes/no) ']]);
      expect((await shell.asked(answer('yes')).run(`apply ${file}`)).code).to.equal(0);
    });
  });
});
