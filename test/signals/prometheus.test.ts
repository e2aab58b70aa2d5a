import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PrometheusSignal } from '../../src/core/plan.js';
import { PresetBatches } from '../../src/signals/preset-batch.js';
import { measurePrometheus } from '../../src/signals/prometheus.js';
import { type Local, NEVER, PAYMENTS, refusingAddress, serve } from './fakes.js';

const SIGNAL: PrometheusSignal = {
  name: 'p95',
  source: 'prometheus',
  query: 'up',
  interval: 30_000,
  failureLimit: 0,
  errorLimit: 4,
};
const vector = (...values: string[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });

describe('the prometheus source', () => {
  let server: Local;
  let status: number;
  let body: string;
  let got: { path: string; text: string; authorization: string | undefined; org: unknown };

  beforeEach(async () => {
    [status, body] = [200, vector('1')];
    server = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        got = { path: request.url!, text, authorization: request.headers.authorization, org: request.headers['x-scope-orgid'] };
        response.writeHead(status, { location: '/login' }).end(body);
      });
    });
  });
  afterEach(() => server.close());

  const ask = (signal: Partial<PrometheusSignal> = {}, env: Record<string, string> = {}) =>
    measurePrometheus(
      { ...SIGNAL, ...signal },
      PAYMENTS,
      { PROMETHEUS_URL: `http://${server.address}`, ...env },
      new PresetBatches(),
      NEVER,
    );

  const answers: readonly { name: string; status?: number; body: string; gives: object }[] = [
    { name: 'one series is its number', body: vector('0.25'), gives: { kind: 'scalar', value: 0.25 } },
    {
      name: 'a scalar is its number',
      body: '{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}',
      gives: { kind: 'scalar', value: 7 },
    },
    { name: 'no series is no data', body: vector(), gives: { kind: 'none', why: 'the query returns no series' } },
    {
      name: 'NaN is no data',
      body: vector('NaN'),
      gives: { kind: 'none', why: 'the query returns NaN, which is what a division by zero requests gives' },
    },
    {
      name: 'several series are an error',
      body: vector('1', '2', '3'),
      gives: {
        kind: 'error',
        why: 'the query returns 3 series; write reduce: max (or min, sum, mean, median), or make it one with sum(…)',
      },
    },
    {
      name: 'a refused query is an error with its reason',
      status: 400,
      body: '{"status":"error","error":"parse error: unexpected end"}',
      gives: { kind: 'error', why: 'Prometheus answers HTTP 400: parse error: unexpected end; check the query' },
    },
    {
      name: 'a failing server is an error',
      status: 503,
      body: 'busy\n',
      gives: {
        kind: 'error',
        why: 'Prometheus answers HTTP 503: busy; the trouble is on its side; it is asked again at the next measurement',
      },
    },
    {
      name: 'a refused token says what to set',
      status: 401,
      body: '',
      gives: {
        kind: 'error',
        why: 'Prometheus answers HTTP 401; set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD (each also with _FILE)',
      },
    },
    {
      name: 'a redirect is not followed',
      status: 302,
      body: '',
      gives: { kind: 'error', why: 'Prometheus answers HTTP 302; it redirects, perhaps to a login page: check the url' },
    },
    {
      name: 'a page that is no JSON is an error',
      body: '<html>',
      gives: { kind: 'error', why: 'the answer of Prometheus is no JSON: <html>; check the url' },
    },
    {
      name: 'a matrix is an error',
      body: '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      gives: { kind: 'error', why: 'the query returns a matrix; make it an instant vector, for example with rate(…)' },
    },
  ];
  for (const { name, status: code = 200, body: text, gives } of answers) {
    it(name, async () => {
      [status, body] = [code, text];
      expect((await ask()).measurement).to.deep.equal(gives);
    });
  }

  it('reduces several series to one number when it is told how', async () => {
    body = vector('1', 'NaN', '3');
    expect((await ask({ reduce: 'max' })).measurement).to.deep.equal({ kind: 'scalar', value: 3 });
    expect((await ask({ reduce: 'mean' })).measurement).to.deep.equal({ kind: 'scalar', value: 2 });
    body = vector('NaN', 'NaN');
    expect((await ask({ reduce: 'sum' })).measurement.kind).to.equal('none');
    body = vector('4');
    expect((await ask({ reduce: 'min' })).measurement).to.deep.equal({ kind: 'scalar', value: 4 });
  });

  it('sends the query filled in and keeps it with the raw answer', async () => {
    const { query, raw } = await ask({ query: 'up{s="{{canary}}"}' });
    expect(query).to.equal('up{s="green"}');
    expect(new URLSearchParams(got.text).get('query')).to.equal(query);
    expect(got).to.include({ path: '/api/v1/query', authorization: undefined });
    expect(raw).to.equal(body);
  });

  it('prefers the signal’s own address, and keeps the path before the API', async () => {
    await ask({ url: `http://${server.address}/prom/` }, { PROMETHEUS_URL: 'http://127.0.0.1:1' });
    expect(got.path).to.equal('/prom/api/v1/query');
  });

  it('says which address to set', async () => {
    const { measurement } = await ask({}, { PROMETHEUS_URL: '' });
    expect(measurement).to.have.property('kind', 'error');
    expect(measurement).to.have.property('why').that.includes('PROMETHEUS_URL');
    expect((await ask({ url: 'prom:9090' })).measurement)
      .to.have.property('why')
      .that.includes('the url of p95 is no http');
    expect((await ask({ url: 'http://me:pw@prom' })).measurement)
      .to.have.property('why')
      .that.does.not.include('pw@');
  });

  it('sends the token and shows it nowhere, even when the answer repeats it', async () => {
    [status, body] = [403, 'no rights for Bearer s3cret'];
    const measured = await ask({}, { PROMETHEUS_TOKEN: 's3cret' });
    expect(got.authorization).to.equal('Bearer s3cret');
    expect(JSON.stringify(measured)).to.include('***').and.to.not.include('s3cret');
  });

  it('reads the token from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signals-'));
    try {
      await writeFile(join(folder, 'token'), 'from-file\n');
      await ask({}, { PROMETHEUS_TOKEN_FILE: join(folder, 'token') });
      expect(got.authorization).to.equal('Bearer from-file');
      const { measurement } = await ask({}, { PROMETHEUS_TOKEN_FILE: join(folder, 'none') });
      expect(measurement).to.deep.equal({
        kind: 'error',
        why: 'PROMETHEUS_TOKEN_FILE cannot be read (ENOENT); check its path and rights',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says who asks by a password, and sends further headers, from the plan or the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signals-'));
    const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;
    try {
      const file = join(folder, 'secret');
      await writeFile(file, 'pass wörd\n');
      const user = { PROMETHEUS_USER: 'mon', PROMETHEUS_PASSWORD: 's3cret' };
      await ask({}, user);
      expect(got.authorization).to.equal(basic('mon:s3cret'));
      await ask({}, { PROMETHEUS_USER: 'mon', PROMETHEUS_PASSWORD_FILE: file });
      expect(got.authorization).to.equal(basic('mon:pass wörd'));
      await ask({ username: 'ana' }, user);
      expect(got.authorization, 'the password of the environment for the same server').to.equal(basic('ana:s3cret'));
      await ask({ username: 'ana', passwordFile: file, headers: { 'X-Scope-OrgID': 'team-a' } }, user);
      expect([got.authorization, got.org]).to.deep.equal([basic('ana:pass wörd'), 'team-a']);
      await writeFile(file, 'team-b\n');
      await ask({ tokenFile: file, headers: { 'X-Scope-OrgID': { file } } }, user);
      expect([got.authorization, got.org]).to.deep.equal(['Bearer team-b', 'team-b']);
      [status, body] = [401, `who is team-b, ${btoa('mon:s3cret')}`];
      const shown = JSON.stringify(await ask({ headers: { 'X-Scope-OrgID': { file } } }, user));
      expect(shown).to.include('***').and.not.include('team-b').and.not.include(btoa('mon:s3cret'));
      const { measurement } = await ask({}, { ...user, PROMETHEUS_TOKEN: 't' });
      expect(measurement).to.have.property('why').that.includes('PROMETHEUS_TOKEN and PROMETHEUS_USER are both set');
      expect((await ask({}, { PROMETHEUS_USER: 'mon' })).measurement)
        .to.have.property('why')
        .that.includes('set PROMETHEUS_PASSWORD or PROMETHEUS_PASSWORD_FILE');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a token that no header can carry without showing it', async () => {
    const measured = await ask({}, { PROMETHEUS_TOKEN: 'a b' });
    expect(measured.measurement).to.have.property('why').that.includes('PROMETHEUS_TOKEN').and.does.not.include('a b');
  });

  it('says that the connection was refused', async () => {
    const address = await refusingAddress();
    const { measurement } = await ask({ url: `http://${address}` });
    expect(measurement).to.deep.equal({
      kind: 'error',
      why: `Prometheus at http://${address} cannot be asked: connection refused; check its address`,
    });
  });

  it('gives no error when the driver itself gave up', async () => {
    const { measurement } = await measurePrometheus(
      SIGNAL,
      PAYMENTS,
      { PROMETHEUS_URL: `http://${server.address}` },
      new PresetBatches(),
      AbortSignal.abort(),
    );
    expect(measurement.kind).to.equal('none');
  });
});
