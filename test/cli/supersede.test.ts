import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (green: string, policy: string, rest = ''): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "${green}" } }
stable: blue
steps: [{ weight: 30 }, { pause: {} }, { weight: 100 }]
bake: 100ms
on: { new_version: ${policy} }
${rest}
`;

describe('another plan in mid-rollout, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    sandbox.deploy('4');
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());
  const begin = async (policy: string) => {
    const running = shell.start(`start ${planFile(plan('3', policy))} --foreground`);
    await until('the pause', () => /PauseStep/.test(running.output()));
    return running;
  };

  it('supersede goes back to stable first, then begins: the other driver ends with 3, the target of a rollback stays', async () => {
    const first = await begin('supersede');
    const second = shell.start(`start ${planFile(plan('4', 'supersede'))} --foreground`);
    expect((await first.done).code).to.equal(3);
    await until('the pause of the second', () => /PauseStep/.test(second.output()));
    const now = await shell.json('status payments');
    expect([now.stable.subset, now.canary.filter, now.canary.weight.stored]).to.deep.equal([
      'blue',
      'Service.Meta.version == "4"',
      30,
    ]);
    const told = (await shell.run('history payments --all')).out;
    expect(told).to.match(
      /Superseded \(NewRollout\) {2}blue 100%, green 0% {2}superseded by a new rollout of dana: back on blue/,
    );
    await shell.run('resume payments');
    expect((await second.done).code).to.equal(0);
  });

  it('supersede is not begun when the new plan could not start: the rollout under way stays', async () => {
    const first = await begin('supersede');
    const bad = plan('4', 'supersede', 'protocol: grpc');
    const refused = await shell.run(`start ${planFile(bad)} --foreground`);
    expect([refused.code, (await shell.json('status payments')).canary.weight.stored]).to.deep.equal([1, 30]);
    await shell.run('abort payments');
    await first.done;
  });

  it('queue waits for the end of the one under way', async () => {
    const first = await begin('queue');
    const second = shell.start(`start ${planFile(plan('4', 'queue'))} --foreground`);
    await until('it says so', () => /Queued: a rollout of payments is under way with another plan/.test(second.output()));
    expect((await shell.json('status payments')).canary.filter).to.equal('Service.Meta.version == "3"');
    await shell.run('abort payments');
    expect((await first.done).code).to.equal(3);
    await until('the pause of the second', () => /PauseStep/.test(second.output()));
    expect((await shell.json('status payments')).canary.filter).to.equal('Service.Meta.version == "4"');
    await shell.run('abort payments');
    await second.done;
  });

  it('reject refuses, and says what to type', async () => {
    const first = await begin('reject');
    const { code, err } = await shell.run(`start ${planFile(plan('4', 'reject'))} --foreground`);
    expect([code, /new_version: reject \}\n {2}-> splitter abort payments/.test(err)]).to.deep.equal([1, true]);
    await shell.run('abort payments');
    await first.done;
  });

  it('ramp with a plan that names another version does as the plan under way says', async () => {
    const first = await begin('supersede');
    const { code, out, err } = await shell.run(`ramp payments --plan ${planFile(plan('4', 'supersede'))} --to 20`);
    expect(code, out + err).to.equal(0);
    expect((await first.done).code).to.equal(3);
    const now = await shell.json('status payments');
    expect([now.canary.filter, now.canary.weight.stored]).to.deep.equal(['Service.Meta.version == "4"', 20]);
    const rejecting = planFile(plan('3', 'reject'));
    await shell.run('abort payments');
    await shell.run(`ramp payments --plan ${rejecting} --to 20`);
    const refused = await shell.run(`ramp payments --plan ${planFile(plan('4', 'reject'))} --to 20`);
    expect([refused.code, /new_version: reject/.test(refused.err)]).to.deep.equal([1, true]);
  });

  it('the same plan goes on where a driver has left it', async () => {
    const first = await begin('reject');
    first.interrupt();
    await first.done;
    const { rollout } = await shell.json('status payments');
    const again = shell.start(`start ${planFile(plan('3', 'reject'))} --foreground`);
    await until('it is driven', async () => (await shell.json('status payments')).driver !== null);
    expect((await shell.json('status payments')).rollout).to.equal(rollout);
    await shell.run('resume payments');
    expect((await again.done).code).to.equal(0);
  });
});
