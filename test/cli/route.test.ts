import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (route: string): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
route: ${route}
steps: [{ pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 100ms
`;

describe('routes, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  const enter = async (headers: Readonly<Record<string, string>> = {}): Promise<{ version: string; cookie: string | null }> => {
    const response = await fetch(sandbox.entryAddress, { headers });
    const { version } = (await response.json()) as { version: string };
    return { version, cookie: response.headers.get('set-cookie') };
  };
  const start = async (route: string) => {
    const running = shell.start(`start ${planFile(plan(route))} --foreground`);
    await until('the first pause', () => /PauseStep/.test(running.output()));
    return running;
  };

  it('testers reach canary at weight 0 by header or cookie, until the promotion', async () => {
    const running = await start('{ header: { name: x-canary, value: "1" }, cookie: { name: canary, value: "yes" } }');
    // The proxy takes new entries a batch later; until then any instance answers.
    const allOn = (version: string, headers: Readonly<Record<string, string>> = {}) =>
      until(`ten answers of ${version}`, async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => enter(headers)));
        return answers.every((answer) => answer.version === version);
      });
    await allOn('2');
    for (const headers of [{ 'x-canary': '1' }, { cookie: 'a=b; canary=yes' }]) await allOn('3', headers);
    await allOn('2', { 'x-canary': '2' });
    for (const step of [1, 2]) {
      expect((await shell.run('resume payments')).code).to.equal(0);
      if (step === 1) await until('the second pause', () => (running.output().match(/PauseStep/g) ?? []).length > 1);
    }
    expect((await running.done).code, running.output()).to.equal(0);
    expect((await fetch(`${sandbox.consulAddress}/v1/config/service-router/payments`)).status).to.equal(404);
  });

  it('sticky users keep their version, and lose it with an abort', async () => {
    const running = await start('{ sticky: { for: 5m } }');
    expect((await shell.run('resume payments')).code).to.equal(0);
    const met = new Map<string, string>();
    await until('a user of each version', async () => {
      const { version, cookie } = await enter();
      if (cookie !== null) met.set(version, cookie.split(';')[0]!);
      return met.size === 2;
    });
    for (const [version, cookie] of met) for (let i = 0; i < 20; i++) expect((await enter({ cookie })).version).to.equal(version);
    expect((await shell.run('abort payments')).code).to.equal(0);
    await running.done;
    await until('all on 2', async () => (await enter({ cookie: met.get('3')! })).version === '2');
    expect((await enter()).cookie).to.equal(null);
  });
});
