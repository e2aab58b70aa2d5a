import { request } from 'node:http';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { Shell, until } from '../../support/shell.js';
import { ask, type Live, type Reply, startLive } from './live.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('who may do what through the API', () => {
  let sandbox: Sandbox;
  let live: Live;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
    await shell.run('ramp payments --to 10 --by 10 --every 10ms --no-hold');
  });
  afterEach(async () => {
    await live.stop();
    await sandbox.stop();
  });

  const secrets = { own: 'controllers-own-secret', writer: 'dana-may-write-secret', reader: 'only-reads-secret' };
  const withAcls = (): void => {
    sandbox.faults.tokens = { [secrets.own]: 'write', [secrets.writer]: 'write', [secrets.reader]: 'read', anonymous: 'read' };
  };
  const act = (action: string, headers: Record<string, string>): Promise<Reply> =>
    ask(`${live.address}/v1/rollouts/payments/actions/${action}`, {
      method: 'POST',
      body: '{}',
      headers: { ...JSON_TYPE, ...headers },
    });

  it("the caller's token makes the write, so Consul decides; the controller's own never does", async () => {
    withAcls();
    live = await startLive(sandbox, '', { CONSUL_HTTP_TOKEN: secrets.own });
    const mine = shell.with({ CONSUL_HTTP_TOKEN: secrets.own });
    const none = await act('abort', {});
    expect([none.status, none.body.type]).to.deep.equal([403, '/problems/no-token']);
    expect(none.body.next).to.include('splitter abort payments');
    const unknown = await act('abort', { 'x-consul-token': 'never-heard-of-secret' });
    expect([unknown.status, unknown.body.type]).to.deep.equal([403, '/problems/token-refused']);
    const everybodys = await act('abort', { 'x-consul-token': 'anonymous' });
    const reader = await act('abort', { 'x-consul-token': secrets.reader });
    expect([reader.status, reader.body.type]).to.deep.equal([403, '/problems/denied']);
    expect(reader.body.detail).to.match(/lacks permission 'service:write' on "payments"/);
    expect((await mine.json('status payments')).canary.weight.stored).to.equal(10);
    const writer = await act('abort', { 'x-consul-token': secrets.writer });
    expect([writer.status, writer.body.changed]).to.deep.equal([200, true]);
    expect((await mine.json('status payments')).canary.weight.stored).to.equal(0);
    expect((await mine.json('status payments')).by).to.match(/^may write \(token [0-9a-f]{8}\)$/);
    const said = [none, unknown, everybodys, reader, writer].map(({ text }) => text).join() + live.log();
    for (const secret of [...Object.values(secrets), 'never-heard-of-secret']) expect(said).to.not.include(secret);
  });

  it("a retry is begun with the caller's token too: the record, the lock and the log are theirs", async () => {
    await shell.run('abort payments');
    withAcls();
    live = await startLive(sandbox, '', { CONSUL_HTTP_TOKEN: secrets.own });
    const mine = shell.with({ CONSUL_HTTP_TOKEN: secrets.own });
    const read = await ask(`${live.address}/v1/rollouts/payments`);
    const tag = { 'if-match': read.headers.get('etag')! };
    const reader = await act('retry', { ...tag, 'x-consul-token': secrets.reader });
    expect([reader.status, reader.body.type]).to.deep.equal([403, '/problems/denied']);
    const writer = await act('retry', { ...tag, 'x-consul-token': secrets.writer });
    expect([writer.status, writer.body.changed], writer.text).to.deep.equal([200, true]);
    expect(writer.body.rollout.by).to.match(/^may write \(token [0-9a-f]{8}\)$/);
    await until('a controller drives it', async () => (await mine.json('status payments')).canary.weight.stored === 10);
    for (const secret of Object.values(secrets)) expect(writer.text + reader.text + live.log()).to.not.include(secret);
  });

  it('nobody tries many tokens: after twenty that Consul does not know it is asked no more; a known one still acts', async () => {
    withAcls();
    live = await startLive(sandbox, '--read-auth', { CONSUL_HTTP_TOKEN: secrets.own });
    const read = (token: string): Promise<Reply> => ask(`${live.address}/v1/rollouts`, { headers: { 'x-consul-token': token } });
    expect((await read(secrets.writer)).status).to.equal(200);
    for (let i = 0; i < 20; i++) expect((await read(`guess-${i}`)).status).to.equal(403);
    const over = await read('guess-20');
    expect([over.status, over.body.type, over.headers.get('retry-after')]).to.deep.equal([
      429,
      '/problems/too-many-refusals',
      '60',
    ]);
    expect((await act('abort', { 'x-consul-token': 'guess-21' })).status).to.equal(429);
    expect((await act('abort', { 'x-consul-token': secrets.writer })).status).to.equal(200);
    // What is known to be wrong costs nobody anything, and is still said to be so.
    expect((await read('guess-3')).status).to.equal(403);
  });

  it('an abort waits for the first record of a drive that has just begun', async () => {
    live = await startLive(sandbox, '--anonymous-actions');
    await sandbox.stop();
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
    await live.stop();
    live = await startLive(sandbox, '--anonymous-actions');
    const driving = shell.start('ramp payments --to 10 --by 10 --every 1h');
    await until(
      'it holds the lock',
      async () => (await fetch(`${sandbox.consulAddress}/v1/kv/splitter/drivers/payments`)).status === 200,
    );
    const aborted = await act('abort', {});
    expect([aborted.status, aborted.body.rollout.phase], aborted.text).to.deep.equal([200, aborted.body.rollout.phase]);
    expect(aborted.body.rollout.reason).to.equal('Aborted');
    expect((await driving.done).code).to.equal(3);
  });

  it('without ACLs nobody acts, with any token or none, unless the controller is told so', async () => {
    live = await startLive(sandbox);
    expect((await act('abort', {})).body.type).to.equal('/problems/no-token');
    const some = await act('abort', { 'x-consul-token': 'anything' });
    expect([some.status, some.body.type]).to.deep.equal([403, '/problems/no-acls']);
    expect(some.body.next).to.match(/--anonymous-actions/);
    await live.stop();
    live = await startLive(sandbox, '--anonymous-actions');
    expect((await act('abort', { 'x-consul-token': 'anything' })).status).to.equal(200);
  });

  it('--anonymous-actions with ACLs still leaves it to Consul: its anonymous token may not write', async () => {
    withAcls();
    live = await startLive(sandbox, '--anonymous-actions', { CONSUL_HTTP_TOKEN: secrets.own });
    const none = await act('abort', {});
    expect([none.status, none.body.type]).to.deep.equal([403, '/problems/denied']);
    expect(none.body.detail).to.match(/anonymous token lacks permission/);
  });

  it('--read-auth lets only those read whom Consul knows, and tells others why', async () => {
    withAcls();
    live = await startLive(sandbox, '--read-auth', { CONSUL_HTTP_TOKEN: secrets.own });
    const status = async (path: string, token?: string): Promise<number> => {
      const stop = new AbortController();
      const answer = await fetch(live.address + path, {
        signal: stop.signal,
        headers: token === undefined ? {} : { 'x-consul-token': token },
      });
      stop.abort();
      return answer.status;
    };
    for (const path of ['/v1/rollouts', '/v1/rollouts/payments', '/v1/rollouts/payments/history', '/v1/freeze', '/v1/events']) {
      expect(await status(path), path).to.equal(403);
      expect(await status(path, 'never-heard-of'), path).to.equal(403);
      expect(await status(path, secrets.reader), path).to.equal(200);
    }
    expect(await status('/v1/openapi.json')).to.equal(200);
    expect(await status('/healthz')).to.equal(200);
  });

  it('--read-auth with ACLs off refuses all: nobody can be told apart', async () => {
    live = await startLive(sandbox, '--read-auth');
    const answer = await fetch(`${live.address}/v1/rollouts`, { headers: { 'x-consul-token': 'x' } });
    expect([answer.status, ((await answer.json()) as { type: string }).type]).to.deep.equal([403, '/problems/no-acls']);
  });

  it('a name that is not its own is refused on every path', async () => {
    live = await startLive(sandbox);
    const askAs = (path: string, host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = request(live.address + path, { headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        sent.on('error', reject).end();
      });
    for (const path of ['/v1/rollouts', '/v1/openapi.json', '/v1/events', '/metrics', '/'])
      expect(await askAs(path, 'rebound.example'), path).to.equal(403);
    expect(await askAs('/v1/rollouts', 'localhost')).to.equal(200);
  });

  it('without a leader it says so with 503, and when to come back', async () => {
    live = await startLive(sandbox, '--anonymous-actions');
    sandbox.faults.leaderless = true;
    const answer = await fetch(`${live.address}/v1/rollouts/payments`);
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([503, '2']);
    expect((await act('abort', {})).body.type).to.equal('/problems/consul-silent');
    expect((await fetch(`${live.address}/v1/rollouts`)).status).to.equal(200);
    sandbox.faults.leaderless = false;
    await until('it answers again', async () => (await act('abort', {})).status === 200);
  });
});
