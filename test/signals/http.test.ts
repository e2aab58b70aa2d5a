import { expect } from 'chai';
import type { HttpSignal } from '../../src/core/plan.js';
import { measureHttp } from '../../src/signals/http.js';
import { type Local, NEVER, PAYMENTS, refusingAddress, serve } from './fakes.js';

describe('the http probe', () => {
  let server: Local;
  let method: string | undefined;

  before(async () => {
    server = await serve((request, response) => {
      method = request.method;
      const status = Number(/\d+/.exec(request.url!)?.[0]);
      if (status !== 0) response.writeHead(status, { location: '/200' }).end(method === 'HEAD' ? undefined : 'text');
    });
  });
  after(() => server.close());

  const probe = (path: string, more: Partial<HttpSignal> = {}) =>
    measureHttp(
      {
        name: 'auth',
        source: 'http',
        url: `http://${server.address}${path}`,
        method: 'GET',
        interval: 10_000,
        timeout: 1_000,
        failureLimit: 0,
        errorLimit: 4,
        ...more,
      },
      { target: PAYMENTS, env: {}, now: 0, abort: NEVER },
    );

  const cases: readonly { path: string; expect?: readonly number[]; value: number }[] = [
    { path: '/200', value: 1 },
    { path: '/204', value: 1 },
    { path: '/302', value: 0 },
    { path: '/404', value: 0 },
    { path: '/503', value: 0 },
    { path: '/302', expect: [302], value: 1 },
    { path: '/200', expect: [204, 401], value: 0 },
    { path: '/401', expect: [204, 401], value: 1 },
  ];
  for (const { path, expect: expected, value } of cases) {
    it(`gives ${value} for ${path.slice(1)} where ${expected?.join(' or ') ?? 'any 2xx'} is expected`, async () => {
      const { raw, measurement } = await probe(path, expected === undefined ? {} : { expect: expected });
      expect(measurement).to.deep.equal({ kind: 'scalar', value });
      expect(raw).to.equal(`HTTP ${path.slice(1)}`);
    });
  }

  it('uses the method of the signal and hides what stands behind the question mark', async () => {
    const { query, measurement } = await probe('/200?key=s3cret', { method: 'HEAD' });
    expect(method).to.equal('HEAD');
    expect(measurement).to.have.property('value', 1);
    expect(query).to.equal(`HEAD http://${server.address}/200?…`);
  });

  it('gives 0 when nobody answers in time', async () => {
    const { raw, measurement } = await probe('/0', { timeout: 50 });
    expect(measurement).to.deep.equal({ kind: 'scalar', value: 0 });
    expect(raw).to.equal('no answer within 50 ms');
  });

  it('gives 0 when the connection is refused', async () => {
    const { raw, measurement } = await probe('', { url: `http://${await refusingAddress()}/` });
    expect(measurement).to.deep.equal({ kind: 'scalar', value: 0 });
    expect(raw).to.equal('connection refused');
  });
});
