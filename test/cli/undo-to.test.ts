import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell } from '../support/shell.js';

const RAMP = 'ramp payments --to 100 --bake 1s --signal none';

describe('splitter undo --to', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const config = async (kind: string): Promise<Record<string, unknown>> =>
    (await fetch(`${sandbox.consulAddress}/v1/config/${kind}/payments`)).json() as Promise<Record<string, unknown>>;
  const failures = (): number => Object.values(sandbox.stats()).reduce((sum, one) => sum + one.failures, 0);
  const promoteThreeAndFour = async (): Promise<void> => {
    expect((await shell.run(RAMP)).code).to.equal(0);
    sandbox.deploy('4', 2);
    expect((await shell.run(RAMP)).code).to.equal(0);
  };
  const stand = async () => {
    const { phase, reason, stable, canary } = await shell.json('status payments');
    const { DefaultSubset, Subsets } = await config('service-resolver');
    const version = (subset: string) => /"(.*)"/.exec((Subsets as Record<string, { Filter: string }>)[subset]!.Filter)?.[1];
    return {
      phase: `${phase} ${reason}`,
      users: version(stable.subset),
      weights: [stable.weight.stored, canary.weight.stored],
      byDefault: DefaultSubset === stable.subset,
    };
  };
  const back = (users: string) => ({ phase: 'Reverted Undone', users, weights: [100, 0], byDefault: true });

  it('goes two versions back, to one that no subset names any more, and says what it did', async () => {
    await promoteThreeAndFour();
    const { code, err } = await shell.run('undo payments --to 2');
    expect(code, err).to.equal(0);
    expect(err).to.match(/green becomes 2, .*it carries nothing; giving the sidecars a second/);
    expect(err).to.match(/Undone payments: undone by dana: back on 2 \(green\) from blue/);
    expect(await stand()).to.deep.equal(back('2'));
    expect(failures()).to.equal(0);
    const told = await shell.json('history payments');
    expect(told.rollouts.at(-1).entries.at(-1)).to.deep.include({ phase: 'Reverted', reason: 'Undone', by: 'dana' });
    const again = await shell.run('undo payments --to 2');
    expect([again.code, /Nothing to do: users of payments are on 2 \(green\) already/.test(again.err)]).to.deep.equal([0, true]);
  });

  it('takes a rollout for the version that users were on when it had ended', async () => {
    await promoteThreeAndFour();
    const rollouts: { rollout: string }[] = (await shell.json('history payments --all')).rollouts;
    const { code, err } = await shell.run(`undo payments --to ${rollouts[0]!.rollout}`);
    expect(code, err).to.equal(0);
    expect(await stand()).to.deep.equal(back('3'));
    await shell.run('undo payments --to 4');
    expect(await stand()).to.deep.equal(back('4'));
  });

  it('is refused in mid-rollout, for a version that nobody runs and for a rollout that there was not, and writes nothing then', async () => {
    await promoteThreeAndFour();
    const before = [(await config('service-splitter')).ModifyIndex, (await config('service-resolver')).ModifyIndex];
    sandbox.stopInstances('2');
    const gone = await shell.run('undo payments --to 2');
    expect(gone.code).to.equal(1);
    expect(gone.err).to.match(/no instance of 2 is ready, so all traffic would fail \(passing: 3, 4\)\. Nothing was written/);
    const never = await shell.run('undo payments --to 01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect([never.code, /payments has no rollout 01ARZ3NDEKTSV4RRFFQ69G5FAV/.test(never.err)]).to.deep.equal([1, true]);
    expect([(await config('service-splitter')).ModifyIndex, (await config('service-resolver')).ModifyIndex]).to.deep.equal(
      before,
    );
    sandbox.deploy('5', 1);
    await shell.run('ramp payments --to 20 --signal none');
    const under = await shell.run('undo payments --to 3');
    expect([under.code, /a rollout of payments is under way \(Paused\)/.test(under.err)]).to.deep.equal([1, true]);
  });

  it('works in a freeze, and the version that was left can be tried again', async () => {
    await promoteThreeAndFour();
    await shell.run('freeze on --reason night');
    expect((await shell.run('undo payments --to 2')).code).to.equal(0);
    expect(await stand()).to.deep.equal(back('2'));
    await shell.run('freeze off');
    expect((await shell.run(RAMP)).code).to.equal(0);
    expect((await stand()).phase).to.equal('Promoted BakePassed');
    expect(failures()).to.equal(0);
  });

  it('warns where the applied plan says otherwise of a subset', async () => {
    const plan = (blue: string, green: string) =>
      `service: payments\nsubsets: { blue: { version: "${blue}" }, green: { version: "${green}" } }\nsteps: [{ weight: 100 }]\nbake: 1s\n`;
    await shell.run('start - --foreground', plan('2', '3'));
    sandbox.deploy('4', 1);
    await shell.run('apply -', plan('4', '3'));
    await shell.run('start - --foreground', plan('4', '3'));
    const { code, err } = await shell.run('undo payments --to 2');
    expect([code, /The applied plan \(-\) says green is 3, which it is no more/.test(err)], err).to.deep.equal([0, true]);
  });
}).timeout(60_000);
