import { get, request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Hono } from 'hono';
import { ListenError, type ServeOptions, type Serving, serve } from '../../src/server/http.js';
import { createMetrics } from '../../src/server/metrics.js';
import { makeSnapshot } from './snapshots.js';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('the server', () => {
  const open: Serving[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });

  const health = { turned: 0, consul: true, membership: true, list: true };
  beforeEach(() => Object.assign(health, { turned: 0, consul: true, membership: true, list: true }));

  async function start(change: Partial<ServeOptions> = {}): Promise<Serving> {
    const server = await serve({
      port: 0,
      metrics: createMetrics(() => [makeSnapshot()], { version: '1' }),
      health: {
        sinceTurn: () => health.turned,
        readiness: () => ({ consul: health.consul, membership: health.membership, list: health.list }),
      },
      ...change,
    });
    open.push(server);
    return server;
  }

  function ask(
    address: string,
    options: { method?: string; host?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', host, body, headers } = options;
      const sent = request(
        address,
        { method, headers: { ...headers, ...(host === undefined ? {} : { host }) }, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  it('listens on the loopback address only, and says where', async () => {
    const { address } = await start();
    expect(address).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('is alive while the loop turns', async () => {
    const { address } = await start();
    expect(await ask(`${address}/healthz`)).to.include({ status: 200, body: '{"ok":true}' });
    health.turned = 31_000;
    expect(await ask(`${address}/healthz`)).to.include({ status: 503, body: '{"ok":false,"loop":"has not turned for 31 s"}' });
  });

  for (const [missing, change] of [
    [['consul'], { consul: false }],
    [['membership'], { membership: false }],
    [['consul', 'membership', 'list'], { consul: false, membership: false, list: false }],
  ] as const)
    it(`is not ready without ${missing.join(', ')}, and says so`, async () => {
      const { address } = await start();
      expect(await ask(`${address}/readyz`)).to.include({ status: 200, body: '{"ready":true}' });
      Object.assign(health, change);
      const { status, body } = await ask(`${address}/readyz`);
      expect([status, JSON.parse(body)]).to.deep.equal([503, { ready: false, missing }]);
    });

  it('gives the metrics as Prometheus takes them, compressed where it may', async () => {
    const { address } = await start();
    const plain = await ask(`${address}/metrics`);
    expect(plain.status).to.equal(200);
    expect(plain.headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.body).to.include('splitter_rollout_info{service="payments"');
    const packed = await ask(`${address}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).to.equal('gzip');
  });

  it('answers HEAD without a body', async () => {
    const { address } = await start();
    expect(await ask(`${address}/metrics`, { method: 'HEAD' })).to.include({ status: 200, body: '' });
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    it(`refuses ${method}`, async () => {
      const { address } = await start();
      const { status, headers, body } = await ask(`${address}/metrics`, { method });
      expect([status, headers.allow, JSON.parse(body).detail]).to.deep.equal([
        405,
        'GET, HEAD',
        '/metrics is only read: use GET',
      ]);
    });

  it('refuses a body, of known length or not', async () => {
    const { address } = await start();
    for (const headers of [{ 'content-length': '1' }, { 'transfer-encoding': 'chunked' }]) {
      const { status, headers: answered } = await ask(`${address}/healthz`, { body: 'x', headers });
      expect([status, answered.connection]).to.deep.equal([413, 'close']);
    }
  });

  it('says of an unknown path what there is', async () => {
    const { address } = await start();
    const { status, headers, body } = await ask(`${address}/v1/nothing`);
    expect([status, headers['content-type']]).to.deep.equal([404, 'application/problem+json']);
    expect(JSON.parse(body)).to.deep.equal({
      title: 'not found',
      status: 404,
      detail: 'there are /healthz, /readyz and /metrics',
    });
  });

  for (const path of ['/healthz', '/readyz', '/metrics', '/nothing'])
    it(`does not answer ${path} under a name that was rebound to this machine`, async () => {
      const { address } = await start();
      for (const host of ['evil.example', 'evil.example:8410', 'localhost.evil.example', '127.0.0.1.evil.example'])
        expect((await ask(`${address}${path}`, { host })).status, host).to.equal(403);
    });

  it('answers to its own names with any port (a tunnel changes it), and to names that are allowed', async () => {
    const { address } = await start({ allowedHosts: ['Splitter.Internal'] });
    for (const host of ['localhost', 'LOCALHOST:9', '127.0.0.1:1', '[::1]:8410', 'splitter.internal:80'])
      expect((await ask(`${address}/healthz`, { host })).status, host).to.equal(200);
  });

  it('keeps quiet about types and caches', async () => {
    const { address } = await start();
    for (const path of ['/healthz', '/nothing'])
      expect((await ask(`${address}${path}`)).headers).to.include({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
  });

  it('answers 500 when the metrics cannot be had, and lives on', async () => {
    const { address } = await start({
      metrics: { contentType: 'text/plain', text: () => Promise.reject(new Error('no snapshot')) },
    });
    const { status, body } = await ask(`${address}/metrics`);
    expect([status, JSON.parse(body).detail]).to.deep.equal([500, 'no snapshot']);
    expect((await ask(`${address}/healthz`)).status).to.equal(200);
  });

  it('cuts off a client that never ends its request', async () => {
    const { address } = await start({ patience: 100 });
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume().write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('cuts off a client that never ends its body, and does nothing of what it began to ask for', async () => {
    const done: string[] = [];
    const routes = new Hono().post('/act', async (c) => {
      done.push(await c.req.text());
      return c.text('done');
    });
    const { address } = await start({ patience: 100, api: { routes, hear: () => undefined, close: () => undefined } });
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket
      .resume()
      .write('POST /v1/act HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"full"');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(done).to.deep.equal([]);
  });

  it('cuts off a client that does not read the answer', async () => {
    const long = 'x'.repeat(50_000_000);
    const { address } = await start({ patience: 100, metrics: { contentType: 'text/plain', text: async () => long } });
    const reading = get(`${address}/metrics`, { agent: false }, (answer) => answer.pause());
    const error = await new Promise((resolve) => {
      reading.on('response', (answer) => {
        // Reads on only when the other side has given up: what was sent by then is less than all.
        answer.once('error', resolve);
        setTimeout(() => answer.resume(), 1_000);
      });
    });
    expect(error).to.be.an('error');
  });

  it('says what to do when the address is taken', async () => {
    const { address } = await start();
    const port = Number(new URL(address).port);
    const error = await start({ port }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ListenError);
    expect(String(error)).to.include(`127.0.0.1:${port} is taken`);
    expect((error as ListenError).hint).to.include('--listen');
  });

  it('closes although a client keeps its connection', async () => {
    const server = await start();
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server.close();
    await closed;
  });
});
