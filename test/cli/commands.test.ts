import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell, until } from '../support/shell.js';

const PLAN = `
service: payments
protocol: http
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps:
  - weight: 10
  - pause: {}
  - weight: 50
  - pause: 1s
  - weight: 100
bake: 1s
signals:
  - { name: errors, source: envoy, metric: errors, max: 0.5% }
`;

describe('commands on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const config = async (kind: string): Promise<Record<string, unknown>> =>
    (await fetch(`${sandbox.consulAddress}/v1/config/${kind}/payments`)).json() as Promise<Record<string, unknown>>;
  const writeConfig = (entry: object): Promise<Response> =>
    fetch(`${sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
  const splits = (blue: number, green: number) => ({
    Kind: 'service-splitter',
    Name: 'payments',
    Splits: [
      { Weight: blue, ServiceSubset: 'blue' },
      { Weight: green, ServiceSubset: 'green' },
    ],
  });

  it('ramp from nothing reaches its target, says who is who, and leaves no request failed', async () => {
    const { code, out, err } = await shell.run('ramp payments --to 50');
    expect(code, err).to.equal(0);
    expect(out).to.match(/Paused\(TargetReached\) step=1\/1 weight=50% observed=(4\d|5\d)\.\d% errors=Successful/);
    expect(err).to.match(
      /the target of 50% is reached; clear: errors: [\d,]+ requests, at most 0\.\d+% \(99%\); unanswered: [^;]+; 4xx: [\d,]+ requests, at most 0\.\d+% \(99%\)\.\nNobody watches from here on/,
    );
    expect((await config('service-resolver')).DefaultSubset).to.equal(undefined);
    expect(Object.values(sandbox.stats()).reduce((sum, one) => sum + one.failures, 0)).to.equal(0);
  });

  it('status -o json has the promised shape', async () => {
    await shell.run('ramp payments --to 20 --no-hold');
    const status = await shell.json('status payments');
    expect(Object.keys(status)).to.deep.equal([
      'service',
      'rollout',
      'phase',
      'reason',
      'message',
      'step',
      'stable',
      'canary',
      'legs',
      'signals',
      'plan',
      'driver',
      'by',
      'startedAt',
      'updatedAt',
      'healthyAt',
      'modifyIndex',
      'entrances',
    ]);
    expect(status).to.deep.include({
      service: 'payments',
      phase: 'Paused',
      reason: 'TargetReached',
      legs: [],
      driver: null,
      by: 'dana',
    });
    expect(status.canary).to.deep.equal({
      subset: 'green',
      filter: 'Service.Meta.version == "3"',
      weight: { asked: 20, stored: 20, observed: null },
      instances: { passing: 2, warning: 0, critical: 0 },
      // Nobody looks.
      coverage: null,
    });
    expect(Object.keys(status.signals[0])).to.deep.equal([
      'name',
      'source',
      'verdict',
      'value',
      'bound',
      'samples',
      'at',
      'message',
      'band',
    ]);
    expect(status.step).to.deep.include({ index: 1, of: 1, wakeAt: null });
  });

  it('ramp goes on with the same rollout, goes down only aloud, and starts from weights that somebody wrote', async () => {
    await shell.run('ramp payments --to 20 --signal none');
    const first = await shell.json('status payments');
    expect((await shell.run('ramp payments --to 50 --signal none')).code).to.equal(0);
    const second = await shell.json('status payments');
    expect([second.rollout, second.canary.weight.stored]).to.deep.equal([first.rollout, 50]);
    const down = await shell.run('ramp payments --to 30 --signal none');
    expect([down.code, /Going DOWN, as asked: canary green 50% -> 30%/.test(down.err)]).to.deep.equal([0, true]);
  });

  it('ramp without a plan keeps the signals of the rollout that it goes on with', async () => {
    expect((await shell.run('ramp payments --to 10 --no-hold --plan -', PLAN.replace('0.5%', '0.7%'))).code).to.equal(5);
    const on = await shell.run('ramp payments --to 20 --no-hold');
    expect([on.code, /watching errors/.test(on.err)], on.err).to.deep.equal([5, true]);
    expect((await shell.json('status payments')).signals[0].bound).to.equal('<= 0.7%');
  });

  it('ramp adopts a splitter that stands at 20%', async () => {
    await writeConfig({
      Kind: 'service-resolver',
      Name: 'payments',
      DefaultSubset: 'blue',
      Subsets: { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await writeConfig({ ...splits(80, 20), Meta: { team: 'pay' } });
    const { code, err } = await shell.run('ramp payments --to 40 --by 10 --signal none');
    expect([code, /canary green 20% -> 40% by 10%/.test(err)]).to.deep.equal([0, true]);
    const entry = await config('service-splitter');
    expect((entry.Meta as Record<string, string>).team).to.equal('pay');
  });

  it('a failing version is taken back, with exit 3, the counts, and the record to show them', async () => {
    const ramp = shell.start('ramp payments --to 50 --hold 60s');
    await until('green carries traffic', async () => (await shell.json('status payments')).reason === 'TargetReached');
    sandbox.setBehaviour('3', { errorRate: 0.3 });
    const { code, err } = await ramp.done;
    expect([
      code,
      /Reverted payments: errors: [\d.]+% of (the last )?\d+ requests failed.*; the bound is 1% \(evidence/.test(err),
    ]).to.deep.equal([3, true]);
    const status = await shell.json('status payments');
    expect([status.phase, status.reason, status.canary.weight.stored, status.signals[0].verdict]).to.deep.equal([
      'Reverted',
      'SignalFailed',
      0,
      'Failed',
    ]);
    const { rollouts } = await shell.json('history payments');
    expect(rollouts[0].entries.at(-1).findings[0]).to.include({ name: 'errors', verdict: 'Failed' });
  });

  it('retry begins a reverted rollout anew, by the same plan and with a clean slate', async () => {
    expect((await shell.run('retry payments')).code).to.equal(1);
    const ramp = shell.start('ramp payments --to 40 --hold 60s');
    await until('green carries traffic', () => /TargetReached/.test(ramp.output()));
    sandbox.setBehaviour('3', { errorRate: 0.5 });
    expect((await ramp.done).code).to.equal(3);
    const first = await shell.json('status payments');
    sandbox.setBehaviour('3', { errorRate: 0 });
    const again = await shell.run('retry payments');
    expect([again.code, /last time: errors: /.test(again.err)]).to.deep.equal([0, true]);
    const second = await shell.json('status payments');
    expect([second.canary.weight.stored, second.rollout !== first.rollout, second.signals[0].verdict]).to.deep.equal([
      40,
      true,
      'Successful',
    ]);
  });

  it('instances that turn critical or vanish take it back', async () => {
    for (const harm of [() => sandbox.setHealth('3', 'critical'), () => sandbox.stopInstances('3')]) {
      const ramp = shell.start('ramp payments --to 50 --hold 60s --signal none');
      await until('green carries traffic', async () => (await shell.json('status payments')).reason === 'TargetReached');
      harm();
      expect((await ramp.done).code).to.equal(3);
      expect((await shell.json('status payments')).reason).to.equal('NoInstances');
      sandbox.setHealth('3', 'passing');
    }
  });

  it('of two ramps one drives, the other says who and exits 1; abort is noticed by the driver, which exits 3', async () => {
    const first = shell.start('ramp payments --to 50 --hold 60s');
    await until('it drives', () => /TargetReached/.test(first.output()));
    const second = await shell.run('ramp payments --to 60');
    expect([second.code, /payments is driven already: ramp of dana on /.test(second.err)]).to.deep.equal([1, true]);
    const aborted = await shell.run('abort payments');
    expect([aborted.code, (await first.done).code]).to.deep.equal([0, 3]);
    expect((await shell.json('status payments')).reason).to.equal('Aborted');
    expect((await shell.run('abort payments')).err).to.match(/Nothing to do: payments is on blue already/);
  });

  it('abort catches a ramp that has not written its first record yet', async () => {
    const ramp = shell.start('ramp payments --to 50 --hold 60s');
    await until('it has begun', () => /watching/.test(ramp.output()));
    expect((await shell.run('abort payments')).code).to.equal(0);
    expect((await ramp.done).code).to.equal(3);
  });

  it('a foreign write in the middle is held as Drift with both named, and resumed as told', async () => {
    const ramp = shell.start('ramp payments --to 50 --by 10 --every 2s --signal none');
    await until('it is under way', async () => (await shell.json('status payments')).canary?.weight.stored === 10);
    await writeConfig(splits(65, 35));
    await until('it is held', async () => (await shell.json('status payments')).reason === 'Drift');
    expect((await shell.json('status payments')).message).to.match(
      /it says blue 65%, green 35%; splitter asked for blue 90%, green 10%/,
    );
    expect((await shell.run('resume payments')).code).to.equal(1);
    expect((await shell.run('resume payments --reassert')).code).to.equal(0);
    expect((await ramp.done).code).to.equal(0);
    expect((await shell.json('status payments')).canary.weight.stored).to.equal(50);
  });

  it('pause holds a driver, resume lets it go on', async () => {
    const ramp = shell.start('ramp payments --to 30 --by 10 --every 1s --signal none');
    await until('it is under way', async () => (await shell.json('status payments')).canary?.weight.stored === 10);
    expect((await shell.run('pause payments')).code).to.equal(0);
    expect((await shell.json('status payments')).reason).to.equal('Operator');
    expect((await shell.run('resume payments')).err).to.match(/ramp of dana drives it on/);
    expect((await ramp.done).code).to.equal(0);
  });

  it('start follows a plan with an open pause, and promotes after the bake; a second start has nothing to do', async () => {
    const start = shell.start('start - --foreground', PLAN);
    await until('it waits for a person', async () => (await shell.json('status payments')).reason === 'PauseStep');
    expect((await shell.run('promote payments')).code).to.equal(0);
    expect((await start.done).code).to.equal(0);
    const status = await shell.json('status payments');
    expect([status.phase, status.canary.weight.stored, (await config('service-resolver')).DefaultSubset]).to.deep.equal([
      'Promoted',
      100,
      'green',
    ]);
    const again = await shell.run('start - --foreground', PLAN);
    expect([again.code, /green is promoted already/.test(again.err)]).to.deep.equal([1, true]);
    expect((await shell.run('undo payments')).code).to.equal(0);
    expect([(await shell.json('status payments')).phase, (await config('service-resolver')).DefaultSubset]).to.deep.equal([
      'Reverted',
      'blue',
    ]);
  });

  it('version: auto gives each release the subset that is free: blue and green swap', async () => {
    const auto = PLAN.replace('blue: { version: "2" }', 'blue: { version: auto }')
      .replace('green: { version: "3" }', 'green: { version: auto }')
      .replace('  - pause: {}\n', '')
      .replace('stable: blue\n', '');
    expect((await shell.run('start - --foreground', auto)).code).to.equal(0);
    expect((await shell.run('start - --foreground', auto)).code).to.equal(1);
    sandbox.deploy('4', 2);
    await until('version 4 passes', async () => (await shell.run('start - --foreground --dry-run', auto)).code === 0);
    expect((await shell.run('start - --foreground', auto)).code).to.equal(0);
    const status = await shell.json('status payments');
    expect([status.phase, status.canary.subset, status.canary.filter]).to.deep.equal([
      'Promoted',
      'blue',
      'Service.Meta.version == "4"',
    ]);
  });

  it('promote takes a reached target to all traffic and bakes it; --full skips the bake', async () => {
    await shell.run('ramp payments --to 20 --signal none --bake 1s');
    expect((await shell.run('promote payments')).code).to.equal(0);
    expect((await shell.json('status payments')).phase).to.equal('Promoted');
    await shell.run('undo payments');
    await shell.run('ramp payments --to 20 --signal none --bake 1h');
    expect((await shell.run('promote payments --full')).code).to.equal(0);
    expect((await shell.json('status payments')).reason).to.equal('PromotedInFull');
  });

  it('an interrupted ramp leaves weights and record, and the next one goes on; with --on-interrupt revert it takes them back', async () => {
    const first = shell.start('ramp payments --to 50 --by 10 --every 5s --signal none');
    await until('it is under way', async () => (await shell.json('status payments')).canary?.weight.stored === 10);
    first.interrupt();
    expect((await first.done).code).to.equal(130);
    expect((await shell.json('status payments')).message).to.match(/nobody drives or watches it/);
    const second = shell.start('ramp payments --to 50 --by 20 --every 5s --signal none --on-interrupt revert');
    await until('it goes on', async () => (await shell.json('status payments')).canary?.weight.stored === 30);
    second.interrupt();
    expect((await second.done).code).to.equal(130);
    expect((await shell.json('status payments')).canary.weight.stored).to.equal(0);
  });

  it('apply writes the base in order, and twice changes nothing', async () => {
    const first = await shell.run('apply -', PLAN);
    expect([first.code, /applied: 2 entries written, plan kept/.test(first.err)]).to.deep.equal([0, true]);
    const before = (await config('service-splitter')).ModifyIndex;
    const second = await shell.run('apply -', PLAN);
    expect([
      second.code,
      /nothing to do: applied already/.test(second.err),
      (await config('service-splitter')).ModifyIndex,
    ]).to.deep.equal([0, true, before]);
    expect((await shell.run('plan - --detailed-exitcode', PLAN)).code).to.equal(2);
  });

  it('plan shows every write in order, and writes nothing', async () => {
    const { code, out } = await shell.run('plan -', PLAN);
    expect(code).to.equal(0);
    expect([...out.matchAll(/^ +\d+\. ([+~]) (service-\w+)/gm)].map((match) => match.slice(1).join(' '))).to.deep.equal([
      '+ service-resolver',
      '+ service-splitter',
      ...new Array(8).fill('~ service-splitter'),
      '~ service-resolver',
      '~ service-splitter',
    ]);
    expect(out).to.match(/\+ Subsets\.green\.Filter = "Service\.Meta\.version == \\"3\\""/);
    expect(out).to.match(/~ Splits\[green\]\.Weight = 0 -> 10/);
    expect(out).to.match(/Plan: 2 to add, 10 to change, 0 to destroy\.$/m);
    expect((await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`)).status).to.equal(404);
  });

  it('plan --entries prints entries that Consul accepts, one a line', async () => {
    const { out } = await shell.run('plan - --entries', PLAN);
    const entries = out.trim().split('\n');
    for (const entry of entries) {
      expect(await (await writeConfig(JSON.parse(entry))).json()).to.equal(true);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(entries.map((entry) => JSON.parse(entry).Kind)).to.deep.equal([
      'service-defaults',
      'service-resolver',
      'service-splitter',
    ]);
  });

  it('a bad plan is refused with file, line and column, exit 6, and Consul is untouched', async () => {
    const before = await (await fetch(`${sandbox.consulAddress}/v1/config/service-resolver`)).json();
    for (const command of ['apply -', 'start - --foreground', 'plan -', 'ramp payments --to 10 --plan -', 'validate -']) {
      const { code, err } = await shell.run(command, PLAN.replace('weight: 10', 'wieght: 10'));
      expect([command, code, /-:9:5/.test(err), /wieght/.test(err)]).to.deep.equal([command, 6, true, true]);
    }
    expect(await (await fetch(`${sandbox.consulAddress}/v1/config/service-resolver`)).json()).to.deep.equal(before);
  });

  it('Consul down, an unknown token, a missing permission and no leader each have their sentence and exit 7', async () => {
    const down = await new Shell('http://127.0.0.1:1').run('ramp payments --to 50');
    expect([
      down.code,
      /Consul does not answer at http:\/\/127\.0\.0\.1:1 .*connection refused \[unreachable\]/.test(down.err),
    ]).to.deep.equal([7, true]);
    sandbox.faults.tokens = { good: 'write', weak: 'read', '': 'none' };
    const unknown = await shell.with({ CONSUL_HTTP_TOKEN: 'guess' }).run('ramp payments --to 50');
    expect([
      unknown.code,
      /Consul does not know this token .*token from CONSUL_HTTP_TOKEN\) \[denied\]/.test(unknown.err),
      unknown.err.includes('guess'),
    ]).to.deep.equal([7, true, false]);
    const weak = await shell.with({ CONSUL_HTTP_TOKEN: 'weak' }).run('ramp payments --to 50');
    expect([weak.code, /lacks permission/.test(weak.err)]).to.deep.equal([7, true]);
    expect(weak.err).to.match(/-> its policy lacks\n +service "payments" \{ policy = "write" \}\n/);
    expect(weak.err).to.match(/-> splitter acl-policy payments {3}prints all that it needs\n$/);
    const sick = await shell.with({ CONSUL_HTTP_TOKEN: 'weak' }).run('doctor payments');
    expect([sick.code, /x {3}token +the token from CONSUL_HTTP_TOKEN may not ramp payments/.test(sick.out)]).to.deep.equal([
      1,
      true,
    ]);
    sandbox.faults.tokens = undefined as never;
    sandbox.faults.leaderless = true;
    const leaderless = await shell.run('ramp payments --to 50');
    expect([leaderless.code, /Consul has no leader/.test(leaderless.err)]).to.deep.equal([7, true]);
  });

  it('help and one-dash flags work as in Consul’s own tools; a typo is answered with what was meant', async () => {
    expect((await shell.run('--help')).out).to.match(/First sentence to learn: {2}splitter ramp payments --to 50/);
    expect((await new Shell('http://127.0.0.1:1').run(`list -http-addr=${sandbox.consulAddress}`)).code).to.equal(0);
    expect((await shell.run('prmote payments')).err).to.match(/Did you mean promote/);
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await shell.run('--version')).out.trim()).to.equal(version);
  });

  it('status -w ends by the outcome, and --timeout with 4', async () => {
    const ramp = shell.start('ramp payments --to 50 --by 25 --every 30s --signal none');
    await until('it is under way', async () => (await shell.json('status payments')).canary?.weight.stored === 25);
    expect((await shell.run('status payments --timeout 1s')).code).to.equal(4);
    const watching = shell.start('status payments -w');
    await shell.run('abort payments');
    expect([(await watching.done).code, (await ramp.done).code]).to.deep.equal([3, 3]);
  });

  it('list shows every splitter, those that need a person first', async () => {
    await shell.run('ramp payments --to 20 --signal none');
    const { rollouts } = await shell.json('list');
    expect(rollouts[0]).to.deep.include({ service: 'payments', phase: 'Paused', weights: { blue: 80, green: 20 } });
  });
}).timeout(60_000);
