import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
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
  - pause: 2s
  - weight: 50
  - weight: 100
bake: 1s
`;
const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const today = (): string => new Date().toISOString().slice(0, 10);

describe('splitter freeze on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const freezeOn = (): Promise<{ code: number; out: string; err: string }> => shell.run('freeze on --reason launch');

  it('is turned on and off, shows itself, and says when there is nothing to do', async () => {
    expect((await shell.run('freeze')).out).to.match(/^Not frozen/);
    const on = await shell.run('freeze on --reason launch --until 4h');
    expect([on.code, on.out]).to.deep.equal([0, on.out.match(/^Frozen by dana since \S+ until \S+: launch\..*\n$/)?.[0]]);
    expect(await shell.json('freeze')).to.deep.include({ frozen: true, by: 'dana', reason: 'launch', changed: false });
    expect(await shell.json('freeze off')).to.deep.equal({ frozen: false, changed: true });
    expect((await shell.run('freeze off')).out).to.match(/^Nothing to do/);
  });

  it('does without a reason, but asks for one', async () => {
    const on = await shell.run('freeze on');
    expect([on.code, on.out]).to.deep.equal([0, on.out]);
    expect(on.err).to.match(/No reason given/);
    expect((await shell.json('freeze')).frozen).to.equal(true);
  });

  it('asks for a time to come', async () => {
    for (const line of ['freeze on --reason x --until soon', 'freeze on --reason x --until 2020-01-01T00:00:00Z', 'freeze of'])
      expect((await shell.run(line)).code, line).to.equal(1);
  });

  it('refuses a ramp up and a start, with what to type, and lets a ramp down go', async () => {
    await shell.run('ramp payments --to 20 --no-hold');
    await freezeOn();
    const up = await shell.run('ramp payments --to 50');
    expect(up.code).to.equal(1);
    expect(up.err).to.match(/payments is frozen by dana \(launch\) \[freeze\]. Nothing was written\n {2}-> splitter freeze off/);
    const { code } = await shell.run(`start ${planFile(PLAN)} --foreground`);
    expect(code).to.equal(1);
    const down = await shell.run('ramp payments --to 5');
    expect([down.code, down.err]).to.deep.equal([0, down.err]);
    expect((await shell.json('status payments')).canary.weight.stored).to.equal(5);
    expect((await shell.run('doctor payments')).out).to.match(/freeze +payments is frozen/);
  });

  it('holds a rollout under way, shows it in its status, and lets it go on; an abort is never held', async () => {
    const running = shell.start(`start ${planFile(PLAN)} --foreground`);
    await until('canary has 10 %', async () => (await shell.json('status payments')).canary?.weight.stored === 10);
    await freezeOn();
    await until('it is held', () => /held: frozen by dana/.test(running.output()));
    const status = await shell.json('status payments');
    expect([status.held.reason, status.canary.weight.stored]).to.deep.equal(['Frozen', 10]);
    await shell.run('freeze off');
    await until('canary has more', async () => (await shell.json('status payments')).canary?.weight.stored > 10);
    await freezeOn();
    expect((await shell.run('abort payments')).code).to.equal(0);
    expect((await running.done).code).to.be.oneOf([0, 3]);
  }).timeout(60_000);

  it('refuses a person too: promote, promote --full, and a pause that is passed; by force they go on, and the history says so', async () => {
    const plan = PLAN.replace('pause: 2s', 'pause: {}');
    expect((await shell.run(`start ${planFile(plan)} --foreground --wait`)).code).to.equal(5);
    await freezeOn();
    for (const line of ['promote payments', 'promote payments --full', 'resume payments', 'continue payments']) {
      const { code, err } = await shell.run(line);
      expect([line, code, err]).to.deep.equal([line, 1, err]);
      expect(err, line).to.match(
        /payments is frozen by dana \(launch\)\n {2}-> splitter freeze off {3}or {3}splitter .* --force /,
      );
    }
    const { held, canary } = await shell.json('status payments');
    expect([held.reason, canary.weight.stored]).to.deep.equal(['Frozen', 10]);
    expect((await shell.run('status payments')).out).to.include(
      '-> splitter abort payments;   splitter resume payments --force   ',
    );
    const asked = shell.asked(async () => 'no question is asked');
    const forced = await asked.run('promote payments --force');
    expect([forced.code, forced.err.split('\n').slice(0, 2)]).to.deep.equal([
      0,
      [
        'Promoting payments: green 10% -> 50%',
        'Promoted payments: step passed by dana: green 10% -> 50% (by force: frozen by dana (launch))',
      ],
    ]);
    expect((await shell.run('promote payments')).err, 'nobody sits there').not.to.include('Promoting payments: green');
    expect((await shell.run('history payments')).out).to.include('by force: frozen by dana (launch)');
    const full = await asked.run('promote payments --full --force');
    expect([full.code, full.err]).to.deep.equal([0, full.err]);
    expect(full.err).to.match(/^Promoting payments: green 10% -> 100%\n/);
    expect((await shell.run('undo payments')).code, 'a way back is never held').to.equal(0);
  }).timeout(60_000);

  it('a freeze of the plan refuses its start', async () => {
    const plan = `${PLAN}schedule: { freeze: [{ from: ${today()}, to: ${tomorrow()}, reason: holidays }] }\n`;
    const { code, err } = await shell.run(`start ${planFile(plan)} --foreground`);
    expect(code).to.equal(1);
    expect(err).to.match(/payments is held: its plan is frozen \(holidays\) until .*\[freeze\]/);
  });
});
