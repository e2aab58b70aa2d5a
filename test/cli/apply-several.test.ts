import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { type Ran, Shell } from '../support/shell.js';

const plan = (service: string, rest = ''): string =>
  `service: ${service}\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 100 }]\n${rest}`;

describe('apply of several plans, on the sandbox', () => {
  let sandbox: Sandbox;
  let consul: FaultyConsul;
  let shell: Shell;
  let plans: string;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 0 });
    consul = await startFaultyConsul(sandbox.consulAddress);
    shell = new Shell(consul.address);
    plans = [planFile(plan('payments')), planFile(plan('web', 'protocol: http\n'))].join(' ');
  });
  afterEach(async () => {
    await consul.stop();
    await sandbox.stop();
  });
  const call = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${sandbox.consulAddress}/v1${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const stored = async (kind: string, service: string): Promise<boolean> => (await call('GET', `/config/${kind}/${service}`)).ok;

  it('writes nothing at all where one of them is refused', async () => {
    const owned = { external: { 'external-source': 'kubernetes' } };
    await call('PUT', '/config', { Kind: 'service-resolver', Name: 'web', Meta: owned.external });
    const ran = await shell.run(`apply ${plans} -o json`);
    expect([ran.code, ran.out], ran.err).to.deep.equal([1, '']);
    expect(ran.err).to.match(/^Error: service-resolver\/web .*kubernetes.*\. Nothing was written\n/m);
    expect(await stored('service-resolver', 'payments')).to.equal(false);
    expect((await call('GET', '/kv/splitter/plans/payments')).status).to.equal(404);
  });

  const failAtSecond = async (line: string): Promise<Ran> => {
    // The plan is kept last, so from then on it is the next one's turn.
    const isSecond = (): boolean => consul.writes.some(({ url }) => url.startsWith('/v1/kv/splitter/plans/payments'));
    consul.fail({ kind: 'answer', status: 500, text: 'disk is full' }, ({ kind }) => kind === 'PUT config' && isSecond());
    return shell.run(line);
  };

  it('says what was applied before where a write fails', async () => {
    const ran = await failAtSecond(`apply ${plans}`);
    expect(ran.code, ran.err).to.equal(7);
    expect(ran.err).to.match(/\nApplied before: payments\nError: Consul refused \(.*web, 500\): disk is full/);
    expect([await stored('service-splitter', 'payments'), await stored('service-splitter', 'web')]).to.deep.equal([true, false]);
  });

  it('prints it as a document with -o json', async () => {
    const ran = await failAtSecond(`apply ${plans} -o json`);
    expect(ran.code, ran.err).to.equal(7);
    expect(JSON.parse(ran.out).applied).to.deep.include.members([{ service: 'payments', writes: 2, planSaved: true }]);
  });

  it('says nothing of it where the first write fails', async () => {
    consul.fail({ kind: 'answer', status: 500, text: 'disk is full' }, ({ kind }) => kind === 'PUT config');
    const ran = await shell.run(`apply ${plans} -o json`);
    expect([ran.code, ran.out, /Applied before/.test(ran.err)], ran.err).to.deep.equal([7, '', false]);
  });
}).timeout(60_000);
