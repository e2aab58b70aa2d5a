import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell } from '../support/shell.js';

const AUTO = `service: payments
protocol: http
subsets: { blue: { version: auto }, green: { version: auto } }
steps: [{ weight: 10 }, { pause: 1s }, { weight: 100 }]
bake: 1s
`;

describe('a first apply, with one version running', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
    sandbox.stopInstances('3');
  });
  afterEach(() => sandbox.stop());
  const config = async (kind: string): Promise<Record<string, unknown>> =>
    (await fetch(`${sandbox.consulAddress}/v1/config/${kind}/payments`)).json() as Promise<Record<string, unknown>>;
  const failures = (): number => Object.values(sandbox.stats()).reduce((sum, one) => sum + one.failures, 0);

  it('takes what runs as the base line and moves nothing; plan shows exactly that, and twice is once', async () => {
    const shown = await shell.run('plan -', AUTO);
    expect(shown.out).to.match(/Plan: 2 to add, 0 to change, 0 to destroy\./);
    const { code, err } = await shell.run('apply -', AUTO);
    expect([code, /green is kept free for the next version/.test(err)], err).to.deep.equal([0, true]);
    expect((await config('service-resolver')).Subsets).to.deep.equal({
      blue: { Filter: 'Service.Meta.version == "2"' },
      green: { Filter: 'not (Service.Meta.version == "2")' },
    });
    expect((await config('service-splitter')).Splits).to.deep.equal([
      { Weight: 100, ServiceSubset: 'blue' },
      { Weight: 0, ServiceSubset: 'green' },
    ]);
    expect((await shell.run('apply -', AUTO)).err).to.match(/nothing to do: applied already/);
    expect((await shell.json('status payments')).rollout).to.equal(null);
    const { subsets } = await shell.json('subsets payments');
    expect(subsets.map(({ role }: { role: string }) => role)).to.deep.equal(['stable', 'canary']);
    const { checks } = await shell.json('doctor payments');
    expect(checks.find(({ name }: { name: string }) => name === 'canary').message).to.match(/kept free/);
    expect(failures()).to.equal(0);
  });

  it('is no reason to begin anything: start and ramp say what is missing; the next version makes the first rollout', async () => {
    await shell.run('apply -', AUTO);
    for (const line of ['start - --foreground', 'ramp payments --to 10']) {
      const { code, err } = await shell.run(line, AUTO);
      expect([code, /needs a version besides stable's; only 2 runs/.test(err)], line).to.deep.equal([1, true]);
    }
    sandbox.deploy('5', 2);
    const { code, out, err } = await shell.run('start - --foreground', AUTO);
    expect(code, out + err).to.equal(0);
    expect((await config('service-resolver')).Subsets).to.deep.equal({
      blue: { Filter: 'Service.Meta.version == "2"' },
      green: { Filter: 'Service.Meta.version == "5"' },
    });
    expect(failures()).to.equal(0);
  });

  it('of a plan with versions written in it leaves the subset of the other one empty, and a start waits for it', async () => {
    const written = AUTO.replace('blue: { version: auto }', 'blue: { version: "2" }').replace(
      'green: { version: auto }',
      'green: { version: "3" }',
    );
    expect((await shell.run('apply -', written)).code).to.equal(0);
    const running = shell.start('start - --foreground', written);
    while (!/waiting for a passing sidecar of green/.test(running.output()))
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await config('service-splitter')).Splits).to.deep.include({ Weight: 100, ServiceSubset: 'blue' });
    sandbox.deploy('3', 1);
    expect((await running.done).code).to.equal(0);
    expect(failures()).to.equal(0);
  });

  it('a second release by apply and start follows the first', async () => {
    const written = (blue: string, green: string): string =>
      AUTO.replace('blue: { version: auto }', `blue: { version: "${blue}" }`).replace(
        'green: { version: auto }',
        `green: { version: "${green}" }`,
      );
    sandbox.deploy('3', 1);
    await shell.run('apply -', written('2', '3'));
    expect((await shell.run('start - --foreground', written('2', '3'))).code).to.equal(0);
    sandbox.deploy('4', 1);
    expect((await shell.run('apply -', written('4', '3'))).code).to.equal(0);
    const undone = await shell.run('undo payments');
    expect([undone.code, /blue is not what it was before the promotion any more/.test(undone.err)]).to.deep.equal([1, true]);
    const second = await shell.run('start - --foreground', written('4', '3'));
    expect(second.code, second.err).to.equal(0);
    expect((await shell.json('status payments')).canary.subset).to.equal('blue');
    expect((await shell.run('undo payments')).code).to.equal(0);
    expect(failures()).to.equal(0);
  });
}).timeout(60_000);
