import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 20 }, { pause: {} }, { weight: 100 }]
`;

describe('a verb whose write got no answer, though Consul took it', () => {
  let sandbox: Sandbox;
  let faulty: FaultyConsul;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    faulty = await startFaultyConsul(sandbox.consulAddress);
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(async () => {
    await faulty.stop();
    await sandbox.stop();
  });
  it('is not done twice: promote passes one step', async () => {
    await shell.run(`start ${planFile(PLAN)} --foreground --wait`);
    const before = await shell.json('status payments');
    expect([before.phase, before.step.index]).to.deep.equal(['Paused', 1]);
    faulty.fail({ kind: 'cut', when: 'after' }, ({ kind }) => kind === 'PUT config', 1);
    const { code, err } = await new Shell(faulty.address).run('promote payments');
    expect(code, err).to.equal(0);
    const { rollouts } = await shell.json('history payments');
    const passed = rollouts[0].entries.filter(({ message }: { message: string }) => /^step passed/.test(message));
    expect(passed.map(({ step, phase }: { step: number; phase: string }) => [step, phase])).to.deep.equal([[1, 'Progressing']]);
    const after = await shell.json('status payments');
    expect([after.phase, after.reason, after.step.index], 'nobody drives, so the next step is not entered').to.deep.equal([
      'Progressing',
      'Resumed',
      1,
    ]);
    expect(rollouts[0].entries.at(-1).seq, 'one write').to.equal(rollouts[0].entries.at(-2).seq + 1);
  });
});
