import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Signal } from '../../src/core/plan.js';
import { createSignalSource } from '../../src/signals/registry.js';
import { FakeCatalog, type Local, NEVER, PAYMENTS, realPrograms, serve } from './fakes.js';
import { NOW } from './vendor-answers.js';

const limits = { max: 1, interval: 30_000, failureLimit: 0, errorLimit: 4, timeout: 2_000 };

const ADDRESSES = ['NEW_RELIC_API_URL', 'DD_API_URL', 'INFLUX_HOST', 'GRAPHITE_URL', 'AWS_ENDPOINT_URL_CLOUDWATCH'];

describe('what is special to a source', () => {
  let server: Local;
  let folder: string;
  let body: string;
  let got: { headers: Record<string, unknown>; text: string };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sources-'));
    await writeFile(join(folder, 'secret'), 'from-file\n');
    server = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        got = { headers: request.headers, text };
        response.end(body);
      });
    });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const measure = async (signal: object, env: Record<string, string> = {}) => {
    const options = {
      catalog: new FakeCatalog(),
      countReady: async () => 1,
      runProgram: realPrograms,
      env: { ...Object.fromEntries(ADDRESSES.map((name) => [name, `http://${server.address}`])), ...env },
      now: () => NOW,
    };
    const own = { name: 's', url: `http://${server.address}`, ...limits, ...signal } as Signal;
    const [reading] = await createSignalSource(options).read([own], PAYMENTS, NEVER);
    return reading!;
  };
  const file = () => join(folder, 'secret');

  it('files that the plan names go before the environment', async () => {
    body = '';
    const tokens = { NEW_RELIC_API_KEY: 'x', DD_API_KEY: 'x', DD_APP_KEY: 'x', INFLUX_TOKEN: 'x', GRAPHITE_PASSWORD: 'x' };
    const env = { ...tokens, GRAPHITE_USER: 'ana' };
    await measure({ source: 'newrelic', query: 'q', account: 1, keyFile: file() }, env);
    expect(got.headers).to.have.property('api-key', 'from-file');
    await measure({ source: 'datadog', query: 'q', window: 1_000, apiKeyFile: file(), appKeyFile: file() }, env);
    expect(got.headers).to.include({ 'dd-api-key': 'from-file', 'dd-application-key': 'from-file' });
    for (const of of [{ org: 'o' }, { database: 'd' }]) {
      await measure({ source: 'influxdb', query: 'q', ...of, tokenFile: file() }, env);
      expect(got.headers).to.have.property('authorization', 'Token from-file');
    }
    await measure({ source: 'graphite', query: 'q', window: 1_000, passwordFile: file() }, env);
    expect(got.headers).to.have.property('authorization', `Basic ${btoa('ana:from-file')}`);
  });

  it('a region or a site of the plan is no way to another host', async () => {
    const cloudwatch = { source: 'cloudwatch', query: 'q', metrics: [], period: 60_000, window: 60_000, url: undefined };
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'aws-secret', AWS_ENDPOINT_URL_CLOUDWATCH: '' };
    const { measurement } = await measure({ ...cloudwatch, region: `x@${server.address}/` }, keys);
    expect(measurement).to.have.property('why').that.includes('the region of CloudWatch is no name of one');
    const datadog = { source: 'datadog', query: 'q', window: 1_000, url: undefined };
    const own = { DD_API_KEY: 'x', DD_APP_KEY: 'y', DD_API_URL: '' };
    for (const site of [`datadoghq.com@${server.address}`, 'datadoghq.com.example.com', 'example.com/.datadoghq.com'])
      expect((await measure({ ...datadog, site }, own)).measurement, site).to.have.property('kind', 'error');
    const elsewhere = (await measure({ ...datadog, site: 'example.com' }, own)).measurement;
    expect(elsewhere)
      .to.have.property('why')
      .that.matches(/^DD_API_KEY is for https:\/\/api\.datadoghq\.com, and .*, so it is not sent/);
  });

  it('a probe and a number from JSON send the token of their file, and show none', async () => {
    body = '{"a": 0.5, "echo": "from-file"}';
    const http = { source: 'http', method: 'GET', tokenFile: file() };
    for (const json of [{}, { json: 'a' }]) {
      const reading = await measure({ ...http, ...json });
      expect(got.headers).to.have.property('authorization', 'Bearer from-file');
      expect(JSON.stringify(reading)).to.not.include('from-file');
      const broken = await measure({ ...http, ...json, tokenFile: join(folder, 'none') });
      expect(broken.measurement).to.deep.equal({
        kind: 'error',
        why: 'token_file cannot be read (ENOENT); check its path and rights',
      });
    }
  });

  it('New Relic gives the one value of a row, and names what is missing', async () => {
    const results = (row: object) => JSON.stringify({ data: { actor: { account: { nrql: { results: [row] } } } } });
    const ask = async (row: object) => {
      body = results(row);
      return (await measure({ source: 'newrelic', query: 'q' }, { NEW_RELIC_API_KEY: 'k', NEW_RELIC_ACCOUNT_ID: '7' }))
        .measurement;
    };
    expect(await ask({ 'percentile.duration': { 95: 0.3 } })).to.deep.equal({ kind: 'scalar', value: 0.3 });
    expect(await ask({ facet: 'a', appName: 'a', count: 3 })).to.deep.equal({ kind: 'scalar', value: 3 });
    expect(await ask({ count: 3, sum: 4 })).to.deep.equal({ kind: 'error', why: 'the query returns 2 values; SELECT only one' });
    expect(JSON.parse(got.text).variables).to.deep.equal({ account: 7, nrql: 'q' });
    const lost = await measure({ source: 'newrelic', query: 'q' }, { NEW_RELIC_API_KEY: 'k' });
    expect(lost.measurement).to.have.property('why').that.includes('set NEW_RELIC_ACCOUNT_ID');
    const where = await measure(
      { source: 'newrelic', query: 'q', account: 1 },
      { NEW_RELIC_API_KEY: 'k', NEW_RELIC_REGION: 'mars' },
    );
    expect(where.measurement).to.have.property('why', 'NEW_RELIC_REGION is no region of New Relic; write us or eu');
  });

  it('Flux errors in the middle of an answer are errors', async () => {
    body = ',error,reference\r\n,runtime error: cannot read,897\r\n';
    const { measurement } = await measure({ source: 'influxdb', query: 'q' }, { INFLUX_ORG: 'o', INFLUX_TOKEN: 'influx-token' });
    expect(measurement).to.deep.equal({ kind: 'error', why: 'InfluxDB answers: runtime error: cannot read; check the query' });
  });

  it('Flux tables of several kinds count together', async () => {
    body = ',result,table,_value\r\n,a,0,1\r\n\r\n,result,table,_value,host\r\n,b,0,2,"x,y"\r\n';
    const { measurement } = await measure({ source: 'influxdb', query: 'q', org: 'o' }, { INFLUX_TOKEN: 'influx-token' });
    expect(measurement).to.have.property('why').that.includes('2 series');
  });

  it('CloudWatch is asked for whole periods, for one result, with dimensions filled in', async () => {
    body = '{"MetricDataResults": [{"Id": "m1", "StatusCode": "Forbidden", "Values": [], "Timestamps": []}]}';
    const metrics = [{ id: 'm1', namespace: 'n', metric: 'e', stat: 'Sum', dimensions: { Version: '{{canary}}' } }];
    const env = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'aws-secret', AWS_REGION: 'cn-north-1' };
    const reading = await measure({ source: 'cloudwatch', query: 'm1 * 2', metrics, period: 300_000, window: 60_000 }, env);
    const Metric = { Namespace: 'n', MetricName: 'e', Dimensions: [{ Name: 'Version', Value: 'green' }] };
    const end = Math.floor(NOW / 300_000) * 300;
    expect(JSON.parse(got.text)).to.deep.equal({
      MetricDataQueries: [
        { Id: 'm1', MetricStat: { Metric, Period: 300, Stat: 'Sum' }, ReturnData: false },
        { Id: 'splitter', Expression: 'm1 * 2', Period: 300, ReturnData: true },
      ],
      StartTime: end - 300,
      EndTime: end,
      ScanBy: 'TimestampDescending',
    });
    expect(reading.query).to.equal('m1 * 2; m1 = Sum of n e {Version=green}');
    expect(reading.measurement)
      .to.have.property('why')
      .that.matches(/^CloudWatch forbids this metric; check AWS_ACCESS_KEY_ID/);
    const lost = await measure({ source: 'cloudwatch', metrics, period: 60_000, window: 60_000 });
    expect(lost.measurement).to.have.property('why').that.includes('set AWS_REGION');
  });
});
