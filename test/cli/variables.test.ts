import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const PLAN = `
service: payments
variables:
  stay: { default: 200ms }
  to: { description: where it ends }
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: "\${var.to}" }, { pause: "\${var.stay}" }]
`;

describe('values for the variables of plans, on the sandbox', function () {
  this.timeout(30_000);
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  it('are given by flag, environment and file, and the history says with which a rollout began', async () => {
    const file = planFile(PLAN);
    const values = planFile('to: 20\nstay: 300ms\n');
    const started = await shell
      .with({ SPLITTER_VAR_stay: '1s' })
      .run(`start ${file} --foreground --var-file ${values} --var stay=100ms`);
    expect(started.code, started.err).to.equal(0);
    const { canary, plan } = await shell.json('status payments');
    expect(canary.weight.stored).to.equal(20);
    const { out } = await shell.run('history payments');
    expect(out).to.include(`plan ${plan.digest.slice(0, 7)} with stay=100ms, to=20\n`);
    const { rollouts } = await shell.json('history payments');
    expect(rollouts[0].plans[plan.digest].plan.variables).to.deep.equal({ stay: '100ms', to: '20' });
  });

  it('are kept with the plan that is applied, so that its start needs none of them', async () => {
    const file = planFile(PLAN);
    expect((await shell.run(`apply ${file} --var to=30`)).code).to.equal(0);
    const again = await shell.run('start payments --foreground --var to=50');
    expect([again.code, again.err]).to.deep.equal([
      1,
      'Error: --var to=50 gives a value to nothing: the plan that was applied for payments has its values already\n  -> splitter apply PLAN --var …   and then   splitter start payments\n',
    ]);
    const { code, err } = await shell.run('start payments --foreground');
    expect(code, err).to.equal(0);
    expect((await shell.json('status payments')).canary.weight.stored).to.equal(30);
    expect((await shell.run('export --plan payments')).out).to.include('weight: 30');
  });

  it('that are missing, misspelt or wrong are refused before anything is written', async () => {
    const file = planFile(PLAN);
    const missing = await shell.run(`start ${file} --foreground`);
    expect([missing.code, missing.err.includes('-> type --var to=…, set SPLITTER_VAR_to, or give it a default')]).to.deep.equal([
      6,
      true,
    ]);
    const table: readonly (readonly [line: string, code: number, says: string])[] = [
      ['--var too=5', 1, 'the plan has no variable "too". Nothing was written\n  -> did you mean --var to=…?'],
      ['--var to', 1, '--var to gives no value\n  -> write --var name=value'],
      ['--var t-o=1', 1, '"t-o" is no name of a variable'],
      ['--var-file /nowhere', 1, '--var-file /nowhere cannot be read (ENOENT)'],
      ['--var to=many', 6, '"weight" of step 1 is "many", which is no percentage (var.to)'],
    ];
    for (const [flags, code, says] of table)
      for (const command of [
        'validate',
        'plan',
        'apply',
        'start',
        'simulate',
        'replay',
        'doctor payments --plan',
        'ramp payments --to 5 --plan',
      ]) {
        const ran = await shell.run(
          `${command} ${file} ${flags}${command === 'replay' ? ' --prometheus http://127.0.0.1:1 --from -2h' : ''}`,
        );
        expect([ran.code, ran.err.includes(says)], `${command} ${flags}: ${ran.err}`).to.deep.equal([code, true]);
      }
    expect((await fetch(`${sandbox.consulAddress}/v1/config/service-resolver/payments`)).status).to.equal(404);
  });

  it('come from the environment where a controller follows a directory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'splitter-variables-'));
    writeFileSync(join(folder, 'payments.yaml'), PLAN);
    const controller = shell
      .with({ SPLITTER_VAR_to: '40' })
      .start(`run --listen 127.0.0.1:0 --log-format text --plans ${folder}`);
    await until('the plan is applied', () => / applied /.test(controller.output()) || /refused/.test(controller.output()));
    controller.interrupt();
    await controller.done;
    rmSync(folder, { recursive: true });
    expect((await shell.run('export --plan payments')).out, controller.output()).to.include('weight: 40');
  });
});
