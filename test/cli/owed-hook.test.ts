import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (bake: string, hooks = ''): string => `service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]
bake: ${bake}
${hooks}
`;

describe('a start while a controller runs the hook of the rollout before, on the sandbox', () => {
  it('waits for it with pauses, and says so once', async () => {
    const sandbox = await startSandbox({ traffic: 100 });
    const consul = await startFaultyConsul(sandbox.consulAddress);
    const env = { PATH: process.env.PATH ?? '' };
    const shell = new Shell(sandbox.consulAddress, env);
    const controller = shell.start('run --id one --listen 127.0.0.1:0');
    try {
      const keys = `${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`;
      await until('the controller lives', async () => (await fetch(keys)).ok);
      const folder = mkdtempSync(join(tmpdir(), 'splitter-hook-'));
      const [begun, go] = [join(folder, 'begun'), join(folder, 'go')];
      const hook = `hooks: { after_revert: [sh, -c, 'touch ${begun}; until [ -e ${go} ]; do sleep 0.1; done'] }`;
      expect((await shell.run(`start ${planFile(plan('1s', hook))} --wait`)).code).to.equal(5);
      await shell.run('abort payments');
      await until('the hook runs', () => existsSync(begun));
      const second = new Shell(consul.address, env).start(`start ${planFile(plan('2s'))} --foreground --wait`);
      const looks = (): number => consul.counts()['GET config'] ?? 0;
      await until('it says who runs the hook', () => /after_revert is run by the controller one/.test(second.output()));
      const before = looks();
      await until('it has looked ten times more', () => looks() >= before + 60);
      expect(consul.peak('GET config'), 'looks within a second').to.be.lessThan(60);
      writeFileSync(go, '');
      const ended = await second.done;
      expect(ended.code, ended.err).to.equal(5);
      expect(ended.err.match(/after_revert is run by/g)).to.have.length(1);
    } finally {
      controller.interrupt();
      await controller.done;
      await consul.stop();
      await sandbox.stop();
    }
  }).timeout(60_000);
});
