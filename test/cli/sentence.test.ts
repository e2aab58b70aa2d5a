import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { environment, keep, MAIN } from '../mesh/program.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { watchSplitters } from '../support/splitters-watch.js';

const plan = (steps: string): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 200ms
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;
const PAUSES = plan('[{ weight: 10 }, { pause: {} }, { weight: 20 }, { pause: 1h }, { weight: 100 }]');

describe('the first sentence keeps its word, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  const open = async (
    traffic: number,
    blind?: { readonly callers: readonly []; readonly instanceMetrics: boolean },
  ): Promise<void> => {
    sandbox = await startSandbox({ traffic, ...blind });
    shell = new Shell(sandbox.consulAddress);
  };
  afterEach(() => sandbox.stop());
  const stands = async (): Promise<unknown> => {
    const { phase, reason, canary } = await shell.json('status payments');
    return [phase, reason, canary.weight.stored];
  };

  for (const errorRate of [0.05, 0.1])
    it(`a version that fails ${errorRate * 100}% of 60 requests a second is taken back, with exit 3`, async () => {
      await open(60);
      sandbox.setBehaviour('3', { errorRate });
      const { code, err } = await shell.run('ramp payments --to 50');
      expect([code, await stands()], err).to.deep.equal([3, ['Reverted', 'SignalFailed', 0]]);
    });

  it('without traffic nothing is proven: exit 5 after the hold, or at once with --no-hold, which says so', async () => {
    await open(0);
    const held = await shell.run('ramp payments --to 30 --hold 1s');
    expect([held.code, await stands()], held.err).to.deep.equal([5, ['Paused', 'TargetReached', 30]]);
    expect(held.err).to.match(
      /the target of 30% is reached; not proven: errors: 0 requests; unanswered: 0 requests; 4xx: 0 requests\.\nNobody watches from here on\./,
    );
    const left = await shell.run('ramp payments --to 40 --no-hold -o json');
    expect(left.code).to.equal(5);
    expect(JSON.parse(left.out.trim().split('\n').at(-1)!)).to.deep.equal({
      type: 'end',
      exit: 5,
      message:
        'the target of 40% is reached; not proven: errors: 0 requests; unanswered: 0 requests; 4xx: 0 requests; left at once, as --no-hold says',
    });
  });

  it('few requests prove little, and it says how little', async () => {
    await open(40);
    const { code, err } = await shell.run('ramp payments --to 50 --hold 1s');
    expect(code).to.equal(5);
    expect(err).to.match(/not proven: errors: \d+ requests, at most \d+(\.\d)?% \(99%\); unanswered: \d+ requests, /);
  });

  it('where nothing is to be proven it ends with 0 and says that nothing was watched', async () => {
    await open(0);
    const none = await shell.run('ramp payments --to 30 --signal none');
    expect([none.code, /nothing was watched but the instances, as --signal none says/.test(none.err)]).to.deep.equal([0, true]);
    const down = await shell.run('ramp payments --to 10 --signal errors=1%');
    expect([down.code, /canary got no more than it had/.test(down.err)], down.err).to.deep.equal([0, true]);
    const bare = plan('[{ weight: 10 }]').replace(/signals: .*/, '');
    const planned = await shell.run(`ramp payments --to 20 --plan ${planFile(bare)}`);
    expect([planned.code, /the plan has no signals/.test(planned.err)], planned.err).to.deep.equal([0, true]);
  });

  it('where nobody can be read nothing can be proven: said before the first write, and exit 5 at once', async () => {
    await open(0, { callers: [], instanceMetrics: false });
    const { code, err } = await shell.run('ramp payments --to 30');
    expect(code, err).to.equal(5);
    expect(err).to.match(/^Warning: the target cannot be proven: no signal is watched, since no caller's sidecar can be read/m);
    expect(err).to.match(/not proven: no signal is watched/);
    const again = await shell.run('ramp payments --to 40');
    expect(again.code, again.err).to.equal(5);
  });

  it('dry runs prove nothing', async () => {
    await open(0);
    const dry = plan('[{ weight: 10 }]').replace('max: 1%', 'max: 1%, dry_run: true');
    const { code, err } = await shell.run(`ramp payments --to 20 --plan ${planFile(dry)}`);
    expect([code, /not proven: only dry runs are watched/.test(err)], err).to.deep.equal([5, true]);
  });

  for (const [how, line, begun] of [
    ['continue', 'continue payments', `start ${planFile(PAUSES)} --foreground --wait`],
    ['ramp', 'ramp payments --to 20', `start ${planFile(PAUSES)} --foreground --wait`],
    ['start', `start ${planFile(plan('[{ weight: 10 }, { pause: 1s }, { weight: 20 }]'))} --foreground`, ''],
    ['continue, at its target', 'continue payments', 'ramp payments --to 10 --signal errors=1% --no-hold'],
  ] as const)
    it(`${how}: takes over a version that fails 40%, and passes no step before it looked`, async () => {
      await open(60);
      if (begun === '') {
        const driving = shell.start(line);
        await until('10%', () => /weight=10%/.test(driving.output()));
        driving.interrupt();
        expect((await driving.done).code).to.equal(130);
      } else expect((await shell.run(begun)).code).to.equal(5);
      sandbox.setBehaviour('3', { errorRate: 0.4 });
      // The pause of a second is over, while nobody watched.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const seen = watchSplitters(sandbox.consulAddress);
      const { code, err } = await shell.run(line);
      await seen.stop();
      expect([code, await stands()], err).to.deep.equal([3, ['Reverted', 'SignalFailed', 0]]);
      expect(Math.max(...seen.of('payments').map(({ weights }) => weights[1] ?? 0))).to.equal(10);
    });

  it('a step that nobody watched begins anew, and the record says so', async () => {
    await open(300);
    const file = planFile(plan('[{ weight: 10 }, { pause: 2s }, { weight: 20 }]'));
    const first = shell.start(`start ${file} --foreground`);
    await until('the pause', () => /step=2\/3/.test(first.output()));
    first.interrupt();
    await first.done;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const from = Date.now();
    const { code, err } = await shell.run(`start ${file} --foreground`);
    expect(code, err).to.equal(0);
    const { rollouts } = await shell.json('history payments');
    const { entries } = rollouts[0];
    const said = entries.find(({ message }: { message: string }) =>
      /^nobody watched it until now: this step begins anew/.test(message),
    );
    const raised = entries.find(({ message }: { message: string }) => /10% -> 20%/.test(message));
    expect(Date.parse(said.at)).to.be.at.least(from);
    expect(Date.parse(raised.at) - Date.parse(said.at)).to.be.at.least(2_000);
  });

  describe('while Consul is gone', () => {
    let front: FaultyConsul;
    afterEach(() => front.stop());

    it('says so, how old what it shows is, that it wants to revert, and reverts within a second of its return', async () => {
      await open(100);
      front = await startFaultyConsul(sandbox.consulAddress);
      const ramp = new Shell(front.address).start('ramp payments --to 50 --hold 1h --signal errors=0.01%');
      await until('the target', () => /TargetReached/.test(ramp.output()));
      front.cutAll();
      const back = front.fail({ kind: 'cut', when: 'before' });
      await until('it says so', () => /Paused\(TargetReached\).*Consul.*what it said is \d+m?s old/.test(ramp.output()));
      expect(ramp.output()).to.not.match(/wants to revert/);
      sandbox.setBehaviour('3', { errorRate: 0.5 });
      await until('it wants to revert', () => /why="wants to revert, cannot reach Consul: errors: .* old"/.test(ramp.output()));
      back();
      const returned = Date.now();
      await until('it is back', async () => ((await stands()) as string[])[0] === 'Reverted');
      expect(Date.now() - returned).to.be.below(1_500);
      expect((await ramp.done).code).to.equal(3);
    });
  });

  for (const [how, readers] of [
    ['is closed', 'none'],
    ['hangs up twice', 'some'],
  ] as const)
    it(`--on-interrupt revert holds for a terminal that ${how}`, async () => {
      await open(100);
      const line = `start ${planFile(PAUSES)} --foreground --on-interrupt revert`;
      const child: ChildProcess = spawn(process.execPath, [MAIN, ...line.split(' ')], {
        env: environment(sandbox.consulAddress, {}),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const driving = keep(child);
      await until('the first weight', () => /weight=10%/.test(driving.output()));
      if (readers === 'none') for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      driving.kill('SIGHUP');
      driving.kill('SIGHUP');
      expect(await driving.exit, driving.output()).to.equal(130);
      expect(await stands()).to.deep.equal(['Reverted', 'Aborted', 0]);
    });
}).timeout(120_000);
