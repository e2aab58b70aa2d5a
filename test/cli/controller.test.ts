import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const plan = (rest = ''): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: 500ms }, { weight: 50 }, { pause: 500ms }, { weight: 100 }]
bake: 500ms
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
${rest}
`;

describe('controllers, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controllers: Running[] = [];
  const control = (id: string): Running => {
    const running = shell.start(`run --id ${id} --listen 127.0.0.1:0`);
    controllers.push(running);
    return running;
  };
  const members = async (): Promise<number> =>
    (await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`)).status === 404
      ? 0
      : ((await (await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`)).json()) as string[]).length;
  const phase = async (): Promise<string> => {
    const { phase, reason } = await shell.json('status payments');
    return `${phase} ${reason}`;
  };
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    shell = new Shell(sandbox.consulAddress);
    controllers = [];
  });
  afterEach(async () => {
    for (const running of controllers) running.interrupt();
    await Promise.all(controllers.map(({ done }) => done));
    await sandbox.stop();
  });

  it('start without a controller is refused, and nothing is written', async () => {
    const refused = await shell.run(`start ${planFile(plan())}`);
    expect([refused.code, refused.err]).to.deep.equal([1, refused.err]);
    expect(refused.err).to.match(/no controller runs/);
    expect((await shell.json('status payments')).modifyIndex).to.equal(null);
  });

  it('start hands a rollout over, and a controller takes it to its promotion', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    const started = await shell.run(`start ${planFile(plan())}`);
    expect([started.code, started.err]).to.deep.equal([0, started.err]);
    expect(started.err).to.match(/The controller drives it on/);
    await until('the promotion', async () => (await phase()) === 'Promoted BakePassed', 30_000);
    const history = (await shell.run('history payments')).out;
    expect(history).to.match(/canary green 0% -> 10%/);
    expect(history).to.match(/canary green 50% -> 100%/);
  });

  it('a ramp that has reached its target is promoted by a person, and a controller sees it through', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    expect((await shell.run('ramp payments --to 50 --bake 1s --no-hold')).code).to.equal(5);
    const promoted = await shell.run('promote payments');
    expect([promoted.code, promoted.err]).to.deep.equal([0, promoted.err]);
    await until('the promotion', async () => (await phase()) === 'Promoted BakePassed', 30_000);
    expect((await shell.run('history payments')).out).not.to.match(/DriverLost/);
  });

  it('a ramp that still watches its target keeps its rollout when a person promotes it', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    const ramp = shell.start('ramp payments --to 50 --bake 1s --hold 10m');
    await until('the target', async () => (await phase()) === 'Paused TargetReached');
    await shell.run('promote payments');
    expect((await ramp.done).code).to.equal(0);
    expect(await phase()).to.equal('Promoted BakePassed');
  });

  it('a failing version is taken back', async () => {
    control('c1');
    control('c2');
    await until('both are registered', async () => (await members()) === 2);
    sandbox.setBehaviour('3', { errorRate: 0.3 });
    await shell.run(`start ${planFile(plan())}`);
    await until('the revert', async () => (await phase()) === 'Reverted SignalFailed', 30_000);
  });

  it('a controller that leaves is replaced at once', async () => {
    const first = control('c1');
    await until('the first is registered', async () => (await members()) === 1);
    await shell.run(
      `start ${planFile(plan('step_timeout: 1h').replace('{ pause: 500ms }, { weight: 50 }', '{ pause: 3s }, { weight: 50 }'))}`,
    );
    await until('the first step', async () => (await shell.json('status payments')).canary?.weight.stored === 10);
    control('c2');
    await until('both are registered', async () => (await members()) === 2);
    first.interrupt();
    expect((await first.done).code).to.equal(0);
    await until('the promotion', async () => (await phase()) === 'Promoted BakePassed', 30_000);
  });

  it('a status tells what the controller measures, and a watch what the sidecars tell it', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    const steps = '[{ weight: 40 }, { pause: 4s }, { pause: {} }, { weight: 100 }]';
    await shell.run(`start ${planFile(plan().replace(/steps: .*/, `steps: ${steps}`))}`);
    const watched = shell.run('status payments -w -o json');
    await until('the share is observed', async () => {
      const { canary, signals } = await shell.json('status payments');
      return canary?.weight.observed > 20 && canary.weight.observed < 60 && signals[0].samples > 50;
    });
    const { code, out } = await watched;
    expect(code).to.equal(5);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([lines[0], lines.at(-1).type, lines.at(-1).exit]).to.deep.equal([{ type: 'version', version: 1 }, 'end', 5]);
    expect(lines.filter(({ type }) => type === 'snapshot').at(-1).canary.weight.observed).to.be.within(20, 60);
  });

  it('a watch says for how long it has not heard, and goes on when Consul is back', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    await shell.run(`start ${planFile(plan().replace(/steps: .*/, 'steps: [{ weight: 40 }, { pause: 20s }, { weight: 100 }]'))}`);
    await until('it steps', async () => (await shell.json('status payments')).canary?.weight.stored === 40);
    const watched = shell.start('status payments -w --timeout 8s');
    await until('it is watched', () => watched.output().includes('weight=40%'));
    sandbox.faults.leaderless = true;
    await until('it says so', () => /why="[^"]*leader/i.test(watched.output()), 10_000);
    sandbox.faults.leaderless = false;
    const { code, err } = await watched.done;
    expect([code, err]).to.deep.equal([4, err]);
    expect(err).to.match(/still Progressing after 8s/);
  });

  it('abort, pause and resume in another terminal are followed', async () => {
    control('c1');
    await until('the controller is registered', async () => (await members()) === 1);
    await shell.run(`start ${planFile(plan().replace('{ pause: 500ms }', '{ pause: {} }'))}`);
    await until('the pause', async () => (await phase()) === 'Paused PauseStep', 20_000);
    expect((await shell.run('resume payments')).err).to.match(/controller c1 drives it on/);
    await until('the next weight', async () => (await shell.json('status payments')).canary.weight.stored === 50);
    expect((await shell.run('abort payments')).code).to.equal(0);
    expect(await phase()).to.equal('Reverted Aborted');
  });
}).timeout(60_000);
