import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type Ran, Shell, until } from '../support/shell.js';

const PLAN = `service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]
bake: 1h
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;
/** What a person would call to break a version of the sandbox, started as a program. */
const FAULT = `const { CONSUL_HTTP_ADDR: consul, SPLITTER_CANARY_VERSION: version } = process.env;
const answer = await fetch(consul + '/sandbox/behaviour?version=' + version + '&errors=' + process.argv[2], { method: 'PUT' });
process.exit(answer.ok ? 0 : 1);
`;

describe('splitter drill in its own sandbox', () => {
  it('makes two normal rollouts and one that takes itself back, and keeps a report and a row', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'splitter-drill-'));
    const log = join(folder, 'runbook.md');
    writeFileSync(log, '# Runbook\n\n| Date | Action | Result | Operator |\n|---|---|---|---|\n| pending | | | |\n\nThe end.\n');
    const nobody = new Shell('http://127.0.0.1:1');
    const { code, out, err } = await nobody.run(`drill --pace 1s --report ${join(folder, 'report.md')} --log ${log} -o json`);
    expect(code, err).to.equal(0);
    const told = JSON.parse(out);
    expect([told.passed, told.problems, told.by]).to.deep.equal([true, [], 'dana']);
    const parts: { kind: string; from: string; to: string; phase: string; reason: string }[] = told.parts;
    expect(parts.map(({ kind, from, to, phase, reason }) => [kind, from, to, phase, reason])).to.deep.equal([
      ['there', 'blue (2)', 'green (3)', 'Promoted', 'BakePassed'],
      ['back', 'green (3)', 'blue (2)', 'Promoted', 'BakePassed'],
      ['broken', 'blue (2)', 'green (3)', 'Reverted', 'SignalFailed'],
    ]);
    for (const part of told.parts) expect(part.requests.sent, part.kind).to.be.greaterThan(100);
    expect([told.parts[0].requests.failed, told.parts[1].requests.failed]).to.deep.equal([0, 0]);
    expect(told.parts[2].requests.failed).to.be.greaterThan(0);
    const { lapsesMs, broken } = told.parts[2];
    expect(lapsesMs.breakToFirstFailure).to.be.greaterThan(0);
    expect(lapsesMs.breakToRevert).to.be.at.least(0);
    expect(lapsesMs.revertToClear).to.be.greaterThan(0);
    expect(Date.parse(broken.clearAt)).to.be.greaterThan(Date.parse(broken.revertedAt));
    const report = readFileSync(join(folder, 'report.md'), 'utf8');
    expect(report).to.match(/^# Drill of payments\n/);
    expect(report).to.include('| result | **passed** |').and.to.include('## How fast it was taken back');
    expect(readFileSync(log, 'utf8')).to.match(
      /\| pending \| \| \| \|\n\| \d{4}-\d\d-\d\d \| drill of payments: .* \| passed: 2 promoted, 1 taken back by itself .* \| dana \|\n\nThe end\.\n$/,
    );
    expect(err)
      .to.match(/1 of 3: a normal rollout, blue \(2\) to green \(3\)/)
      .and.to.match(/Drill of payments passed/);
  });
}).timeout(90_000);

describe('splitter drill of a service', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let folder: string;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
    folder = mkdtempSync(join(tmpdir(), 'splitter-drill-'));
    writeFileSync(join(folder, 'plan.yaml'), PLAN);
    writeFileSync(join(folder, 'fault.mjs'), FAULT);
  });
  afterEach(() => sandbox.stop());

  const stored = async (kind: string): Promise<Record<string, unknown> | undefined> => {
    const answer = await fetch(`${sandbox.consulAddress}/v1/config/${kind}/payments`);
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
  };
  /** The flags have words with spaces, which a shell would quote. */
  const drill = (breaks: string, mends: string): Promise<Ran> =>
    shell.words(['drill', join(folder, 'plan.yaml'), '--pace', '1s', '-o', 'json', '--break', breaks, '--mend', mends]);
  const fault = (errors: string): string => `${process.execPath} ${join(folder, 'fault.mjs')} ${errors}`;

  it('without --break has an impossible bound, says so, marks the rollouts and leaves users where they were', async () => {
    const { code, out, err } = await shell.run('drill payments --pace 500ms');
    expect(code, err).to.equal(0);
    expect(out).to.include('The harm was not: no request was made to fail');
    expect(out).to.match(/Reverted \| drill-impossible: /);
    const { rollouts } = await shell.json('history payments --all');
    expect(rollouts.map(({ entries }: { entries: { drill?: boolean }[] }) => entries[0]!.drill)).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect((await shell.run('history payments')).out).to.match(/^rollout \w+ of payments \(a drill\)/);
    expect((await stored('service-splitter'))?.Meta).to.include({ 'splitter-drill': 'yes', 'splitter-phase': 'Reverted' });
    expect((await stored('service-resolver'))?.DefaultSubset).to.equal('blue');
    expect(Object.values(sandbox.stats()).reduce((sum, one) => sum + one.failures, 0)).to.equal(0);
    const ramp = await shell.run('ramp payments --to 10 --no-hold');
    expect(ramp.code, ramp.err).to.equal(5);
    expect((await stored('service-splitter'))?.Meta).to.not.have.property('splitter-drill');
  });

  it('follows a plan’s own steps, quickened, and breaks and mends the canary by a person’s programs, beside a controller', async () => {
    const controller = shell.start('run --listen 127.0.0.1:0');
    await until('the controller is registered', async () => /controllers? lives?/.test((await shell.run('doctor payments')).out));
    const { code, out, err } = await drill(fault('30%'), fault('0'));
    controller.interrupt();
    expect((await controller.done).code).to.equal(0);
    expect(code, out + err).to.equal(0);
    const told = JSON.parse(out);
    expect(told.parts[2]).to.deep.include({ phase: 'Reverted', reason: 'SignalFailed' });
    expect(told.parts[2].broken.failedAt).to.be.a('string');
    expect(told.parts[0].steps.map(({ weight }: { weight: number }) => weight)).to.include.members([0, 20, 100]);
    const before = sandbox.stats().green!.failures;
    expect((await shell.run('ramp payments --to 50 --no-hold')).code).to.equal(5);
    expect(sandbox.stats().green!.failures, 'it is mended').to.equal(before);
  });

  it('fails when nothing took the broken canary back, and takes it back by itself then', async () => {
    const { code, out } = await drill('true', 'true');
    expect(code).to.equal(1);
    const told = JSON.parse(out);
    expect(told.passed).to.equal(false);
    expect(told.problems[0]).to.match(/^rollout 3 had to be Reverted and is Promoted/);
    expect(told.problems[1]).to.match(/no signal took the broken version back; the drill has undone it/);
    expect((await shell.json('status payments')).stable).to.deep.include({ subset: 'blue' });
    expect((await stored('service-resolver'))?.DefaultSubset).to.equal('blue');
  });

  it('fails when the canary cannot be broken, or not be mended', async () => {
    const unbroken = await drill('false', 'true');
    expect(unbroken.code).to.equal(1);
    expect(JSON.parse(unbroken.out).problems.join('; ')).to.match(/not taken back by a signal.*rollout 3: break: false: exit 1/);
    const unmended = await drill(fault('30%'), 'false');
    expect(JSON.parse(unmended.out).problems).to.deep.equal(['rollout 3: canary may still be broken: mend: false: exit 1']);
  });

  it('is over when a normal rollout is taken back, and says where users are', async () => {
    sandbox.setBehaviour('3', { errorRate: 0.3 });
    const { code, out } = await shell.run('drill payments --pace 1s -o json');
    const told = JSON.parse(out);
    expect([code, told.parts.length]).to.deep.equal([1, 1]);
    expect(told.problems).to.have.length(3);
    expect(told.problems[0]).to.match(/^rollout 1 had to be Promoted and is Reverted \(SignalFailed\)/);
  });

  it('begins nothing while a rollout is under way, in a freeze, without a second version, or with flags that do not fit', async () => {
    const refused = async (line: string, why: RegExp): Promise<void> => {
      const { code, err } = await shell.run(line);
      expect([code, err]).to.satisfy(([exit, said]: [number, string]) => exit === 1 && why.test(said), err);
    };
    await refused('drill --mend true', /--mend mends what --break has broken/);
    await refused('drill --break true', /the sandbox breaks its canary by itself/);
    await refused('drill payments --report /nowhere/report.md', /--report \/nowhere\/report\.md cannot be written/);
    await shell.run('freeze on --reason night');
    await refused('drill payments', /frozen by dana/i);
    await shell.run('freeze off');
    expect(await stored('service-splitter')).to.equal(undefined);
    await shell.run('ramp payments --to 10 --no-hold');
    const before = await stored('service-splitter');
    await refused('drill payments', /a rollout of payments is under way \(Paused\)/);
    expect(await stored('service-splitter')).to.deep.equal(before);
    await shell.run('abort payments');
    sandbox.stopInstances('3');
    await refused('drill payments', /green \(.*3.*\) has no passing sidecar, and a drill needs a second version/);
  });

  it('keeps what it found till then when Consul turns it away in mid-drill', async () => {
    const report = join(folder, 'report.md');
    const running = shell.start(`drill payments --pace 1s --report ${report}`);
    await until('the second rollout is under way', () => running.output().split('2 of 3:')[1]?.includes('weight=10%') === true);
    sandbox.faults.tokens = { somebody: 'read' };
    const { code, err } = await running.done;
    expect(code, err).to.equal(7);
    expect(err).to.match(/\nError: .*\[denied\]/);
    const kept = readFileSync(report, 'utf8');
    expect(kept)
      .to.include('| result | **failed** |')
      .and.to.match(/rollout 2 broke off: .*\n/);
    expect(kept).to.include('rollout 3 was not begun').and.to.include('where they are now cannot be told');
    expect(kept).to.match(/Promoted/);
  });

  it('takes it all back when it is interrupted', async () => {
    const running = shell.start('drill payments --pace 30s');
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!/weight=10%/.test(running.output())) return;
        clearInterval(timer);
        running.interrupt();
        resolve();
      }, 20);
    });
    const { code, out } = await running.done;
    expect([code, /\*\*failed\*\*/.test(out)]).to.deep.equal([130, true]);
    expect((await shell.json('status payments')).canary.weight.stored).to.equal(0);
  });
}).timeout(120_000);
