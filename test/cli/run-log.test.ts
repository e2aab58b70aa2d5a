import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { endSplitters, startSplitter } from '../mesh/program.js';
import { until } from '../support/shell.js';

describe('the log of a controller that stood still', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ traffic: 1 });
  });
  after(async () => {
    endSplitters();
    await sandbox.stop();
  });

  it('is JSON to its last line', async () => {
    const controller = startSplitter(sandbox.consulAddress, 'run --id c1 --listen 127.0.0.1:0 --log-format json');
    await until('it is a member', () => controller.output().includes('"joined":["c1"]'));
    // The heart must beat before it stands still.
    await sleep(1_500);
    controller.kill('SIGSTOP');
    await sleep(3_000);
    controller.kill('SIGCONT');
    await sleep(1_500);
    controller.kill('SIGTERM');
    await controller.exit;
    const lines = controller.output().trim().split('\n');
    expect(lines.length).to.be.greaterThan(1);
    for (const line of lines) expect(() => JSON.parse(line), line).to.not.throw();
  });
});
