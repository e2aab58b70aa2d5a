import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { planFile } from '../../support/plan-file.js';
import { Shell, until } from '../../support/shell.js';
import { ask, type Live, type Reply, startLive } from './live.js';

const PLAN = `
group: checkout
services: [{ service: cart }, { service: stock }]
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
protocol: http
steps: [{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 1h
`;

describe('a member of a group through the API', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let live: Live;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 10, service: 'cart' });
    shell = new Shell(sandbox.consulAddress);
    for (const version of ['2', '3']) await deploy('stock', version);
  });
  afterEach(async () => {
    await live.stop();
    await sandbox.stop();
  });

  const call = (method: string, path: string, body: object): Promise<Response> =>
    fetch(`${sandbox.consulAddress}/v1${path}`, { method, body: JSON.stringify(body) });
  const deploy = async (service: string, version: string): Promise<void> => {
    const ID = `${service}-${version}`;
    const Check = { CheckID: ID, Name: 'ready', TTL: '24h', Status: 'passing' };
    const SidecarService = { Checks: [{ Name: 'beside', AliasService: ID }] };
    const registration = { ID, Name: service, Port: 9_000, Meta: { version }, Check, Connect: { SidecarService } };
    await call('PUT', '/agent/service/register', registration);
  };
  const begin = async (): Promise<void> => {
    const started = await shell.run(`start ${planFile(PLAN)}`);
    expect(started.code, started.err).to.equal(0);
    await until('both pause', async () => (await weights()) === 'Paused 10, Paused 10', 20_000);
  };
  const weights = async (as = shell): Promise<string> => {
    const all = await Promise.all(['cart', 'stock'].map((service) => as.json(`status ${service}`)));
    return all.map(({ phase, canary }) => `${phase} ${canary?.weight.stored}`).join(', ');
  };
  const act = (action: string, body = {}, headers: Record<string, string> = { 'if-match': '*' }): Promise<Reply> =>
    ask(`${live.address}/v1/rollouts/cart/actions/${action}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('takes the others along when its step is passed, when it is promoted, and when that is undone', async () => {
    live = await startLive(sandbox, '--anonymous-actions');
    await begin();
    const read = await ask(`${live.address}/v1/rollouts/cart`);
    expect(read.body.group.members.map((one: { service: string }) => one.service)).to.deep.equal(['cart', 'stock']);
    const passed = await act('promote', {}, { 'if-match': read.headers.get('etag')! });
    expect([passed.status, passed.body.changed], passed.text).to.deep.equal([200, true]);
    expect(passed.body.message).to.match(/^step passed by somebody.*; so is stock, in lock step in checkout$/);
    await until('the next pause of both', async () => (await weights()) === 'Paused 50, Paused 50', 20_000);
    expect((await act('promote', { full: true })).status).to.equal(200);
    await until('the promotion of both', async () => (await weights()) === 'Promoted 100, Promoted 100', 20_000);
    const undone = await act('undo');
    expect([undone.status, undone.body.changed], undone.text).to.deep.equal([200, true]);
    await until('both are back', async () => (await weights()) === 'Reverted 0, Reverted 0', 20_000);
    expect((await shell.json('status stock')).reason).to.match(/^(?:Undone|GroupReverted)$/);
    const again = await act('retry');
    expect([again.status, again.body.type, again.body.next]).to.deep.equal([409, '/problems/not-now', 'splitter start checkout']);
  });

  it('is not promoted while another member cannot be, nor from an old page', async () => {
    live = await startLive(sandbox, '--anonymous-actions');
    await begin();
    const before = await ask(`${live.address}/v1/rollouts/cart`);
    const entry = await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/stock`);
    const Splits = [
      { Weight: 70, ServiceSubset: 'blue' },
      { Weight: 30, ServiceSubset: 'green' },
    ];
    await call('PUT', '/config', { ...((await entry.json()) as object), Splits });
    await until('it waits for a person', async () => (await shell.json('status stock')).reason === 'Drift');
    const refused = await act('promote');
    expect([refused.status, refused.body.type], refused.text).to.deep.equal([409, '/problems/not-now']);
    expect(refused.body.detail).to.match(/Nothing was written$/);
    expect(refused.body.next).to.match(/splitter resume stock --adopt/);
    const old = await act('promote', {}, { 'if-match': '"1"' });
    expect([old.status, old.body.type]).to.deep.equal([412, '/problems/stale']);
    expect((await shell.json('status cart')).modifyIndex).to.equal(before.body.modifyIndex);
  });
});
