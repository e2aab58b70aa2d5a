import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (rest: string, steps = '[{ weight: 10 }, { weight: 100 }]'): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 100ms
${rest}
`;
const node = (code: string): string => `[node, -e, '${code}']`;
const SAY = node('console.log(process.env.SPLITTER_POINT, process.env.SPLITTER_STEP, process.env.SPLITTER_NEXT_WEIGHT)');
const FAIL = node('console.log("looking"); console.error("disk is full"); process.exit(3)');

describe('programs of a plan, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress, { PATH: process.env.PATH ?? '' });
  });
  afterEach(() => sandbox.stop());

  it('hooks and run steps run in order, and the history keeps what they said', async () => {
    const hooks = ['before_start', 'before_step', 'after_step', 'before_promote', 'after_promote', 'after_revert'];
    const file = planFile(
      plan(
        `hooks: { ${hooks.map((hook) => `${hook}: ${SAY}`).join(', ')} }`,
        `[{ weight: 10 }, { run: { command: ${SAY} } }, { weight: 100 }]`,
      ),
    );
    const { code, out, err } = await shell.run(`start ${file} --foreground`);
    expect(code, out + err).to.equal(0);
    const { rollouts } = await shell.json('history payments');
    const programs = rollouts[0].entries.flatMap((entry: { programs?: object[] }) => entry.programs ?? []);
    expect(
      programs.map(({ point, ok, output }: { point: string; ok: boolean; output: string }) => [point, ok, output.trim()]),
    ).to.deep.equal([
      ['before_start', true, 'before_start 1 0'],
      ['before_step', true, 'before_step 1 10'],
      ['after_step', true, 'after_step 1 10'],
      ['before_step', true, 'before_step 2 10'],
      ['run', true, 'run 2 10'],
      ['after_step', true, 'after_step 2 10'],
      ['before_step', true, 'before_step 3 100'],
      ['after_step', true, 'after_step 3 100'],
      ['before_promote', true, 'before_promote 4 100'],
      ['after_promote', true, 'after_promote 4 100'],
    ]);
    expect((await shell.run('undo payments')).code).to.equal(0);
    const told = (await shell.run('history payments')).out;
    expect(told).to.match(/after_revert passed: node -e .* exit 0 after \d+m?s\n\s+\| after_revert 4 0/);
  });

  it('a failing before_step holds with its last line; resume runs it again', async () => {
    const file = planFile(plan(`hooks: { before_step: ${FAIL} }`));
    const running = shell.start(`start ${file} --foreground`);
    await until('it holds', () => /Paused\(ProgramFailed\)/.test(running.output()));
    const now = await shell.json('status payments');
    expect(now.message).to.match(/^before_step failed: node -e .*: exit 3: disk is full$/);
    expect(now.canary.weight.stored).to.equal(0);
    expect((await shell.run('resume payments')).code).to.equal(0);
    await until('it has run again', async () => {
      const { rollouts } = await shell.json('history payments');
      return rollouts[0].entries.flatMap((entry: { programs?: object[] }) => entry.programs ?? []).length >= 2;
    });
    await shell.run('abort payments');
    expect((await running.done).code).to.equal(3);
  });

  it('a failing run step takes canary back with exit 3 and says with what; after_revert runs, and its failure is reported', async () => {
    const file = planFile(
      plan(`hooks: { after_revert: ${FAIL} }`, `[{ weight: 10 }, { run: { command: ${FAIL} } }, { weight: 100 }]`),
    );
    const { code, err } = await shell.run(`start ${file} --foreground`);
    expect(code).to.equal(3);
    expect(err).to.match(/run failed: node -e .*: exit 3: disk is full; after_revert failed: .* disk is full \[reverted\]/);
    const now = await shell.json('status payments');
    expect([now.phase, now.reason, now.canary.weight.stored]).to.deep.equal(['Reverted', 'RunFailed', 0]);
  });

  it('an abort does not wait for a program; its end is in the history', async () => {
    const file = planFile(plan(`hooks: { before_step: ${node('setTimeout(() => 0, 60000)')} }`));
    const running = shell.start(`start ${file} --foreground`);
    await until('it runs', () => /running before_step/.test(running.output()));
    expect((await shell.run('abort payments')).code).to.equal(0);
    expect((await running.done).code).to.equal(3);
    expect((await shell.run('history payments')).out).to.match(/before_step FAILED: .*given up: splitter ended/);
  });

  it('abort without a driver runs after_revert itself', async () => {
    const file = planFile(plan(`hooks: { after_revert: ${SAY} }`, '[{ weight: 10 }, { pause: {} }]'));
    const running = shell.start(`start ${file} --foreground`);
    await until('it waits', () => /PauseStep/.test(running.output()));
    running.interrupt();
    expect((await running.done).code).to.equal(130);
    const { code, err } = await shell.run('abort payments');
    expect([code, /running after_revert/.test(err)]).to.deep.equal([0, true]);
    expect((await shell.run('history payments')).out).to.match(/after_revert passed/);
  });

  it('a hook that a dead driver still owed is run before the next ramp begins', async () => {
    const file = planFile(plan(`hooks: { after_revert: ${SAY} }`, '[{ weight: 10 }, { pause: {} }]'));
    const running = shell.start(`start ${file} --foreground`);
    await until('it waits', () => /PauseStep/.test(running.output()));
    running.interrupt();
    await running.done;
    // As a driver leaves it that dies between its revert and its hook.
    const address = `${sandbox.consulAddress}/v1/config`;
    const entry = (await (await fetch(`${address}/service-splitter/payments`)).json()) as Record<string, unknown>;
    const { CreateIndex: _, ModifyIndex: __, Hash: ___, ...kept } = entry;
    const meta = {
      ...(kept.Meta as object),
      'splitter-phase': 'Reverted',
      'splitter-reason': 'Aborted',
      'splitter-asked': 'blue=10000,green=0',
    };
    const splits = [
      { Weight: 100, ServiceSubset: 'blue' },
      { Weight: 0, ServiceSubset: 'green' },
    ];
    await fetch(address, { method: 'PUT', body: JSON.stringify({ ...kept, Splits: splits, Meta: meta }) });
    expect((await shell.json('status payments')).message).to.match(/after_revert has not run yet$/);
    const { code, out, err } = await shell.run(`ramp payments --plan ${file} --to 20`);
    expect([code, /running after_revert/.test(err)], out + err).to.deep.equal([0, true]);
    expect((await shell.run('history payments --all')).out).to.match(/after_revert passed/);
  });

  it('a failing check refuses the start and nothing is written; --force skips it, and the record says so', async () => {
    const file = planFile(plan(`checks: [{ name: fine, command: ${SAY} }, { name: migrations, command: ${FAIL} }]`));
    const refused = await shell.run(`start ${file} --foreground`);
    expect(refused.code).to.equal(1);
    expect(refused.err).to.match(
      /check migrations of the plan failed: .*exit 3: disk is full \[migrations\]\. Nothing was written\n {2}-> .*--force/,
    );
    expect((await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`)).status).to.equal(404);
    const doctor = await shell.run(`doctor payments --plan ${file}`);
    expect([doctor.code, /x {3}migrations .*disk is full/.test(doctor.out), /ok {2}fine/.test(doctor.out)]).to.deep.equal([
      1,
      true,
      true,
    ]);
    expect((await shell.run(`start ${file} --foreground --force`)).code).to.equal(0);
    expect((await shell.run('history payments')).out).to.match(
      /started by dana: .*; checks skipped by --force: fine, migrations/,
    );
    expect(
      (await shell.run(`ramp payments --plan ${planFile(plan(`checks: [{ name: no, command: ${FAIL} }]`))} --to 10`)).code,
    ).to.equal(1);
  });

  it('--skip-check skips the one that it names and runs the others, and the record says so', async () => {
    const checks = `checks: [{ name: fine, command: ${SAY} }, { name: migrations, command: ${FAIL} }]`;
    const file = planFile(plan(checks));
    const misspelt = await shell.run(`start ${file} --foreground --skip-check migration`);
    expect([misspelt.code, misspelt.err]).to.deep.equal([
      1,
      'Error: the plan of payments has no check "migration". Nothing was written\n  -> did you mean --skip-check migrations?\n',
    ]);
    expect((await shell.run(`start ${file} --foreground --skip-check fine`)).err).to.match(/check migrations of the plan failed/);
    const { code, err } = await shell.run(`start ${file} --foreground --skip-check migrations`);
    expect([code, /checking fine/.test(err)], err).to.deep.equal([0, true]);
    expect((await shell.run('history payments')).out).to.match(/started by dana: .*; checks skipped by --skip-check: migrations/);
  });

  it('simulate shows where programs run', async () => {
    const { out } = await shell.run(`simulate ${planFile(plan(`hooks: { before_promote: [./ask.sh] }`))}`);
    expect(out).to.match(/program .*before_promote: \.\/ask\.sh/);
  });
});
