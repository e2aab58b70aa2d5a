import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';

const SUBSETS = { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } };

describe('the sandbox', () => {
  let sandbox: Sandbox;
  const ask = (path: string, method = 'GET', body?: object): Promise<Response> =>
    fetch(sandbox.consulAddress + path, { method, body: body === undefined ? null : JSON.stringify(body) });
  const weights = (green: number): Promise<Response> =>
    ask('/v1/config', 'PUT', {
      Kind: 'service-splitter',
      Name: 'payments',
      Splits: [
        { Weight: 100 - green, ServiceSubset: 'blue' },
        { Weight: green, ServiceSubset: 'green' },
      ],
    });
  const enter = async (headers: Record<string, string> = {}) => {
    const response = await fetch(sandbox.entryAddress, { headers });
    return { status: response.status, text: await response.text() };
  };
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 200; i += 1) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect.fail(`never came true: ${holds}`);
  };
  const metrics = async (query = ''): Promise<string> => {
    const [proxy] = (await (await ask('/v1/catalog/service/web-sidecar-proxy')).json()) as {
      ServiceProxy: { Config: { envoy_prometheus_bind_addr: string } };
    }[];
    return (await fetch(`http://${proxy?.ServiceProxy.Config.envoy_prometheus_bind_addr}/metrics${query}`)).text();
  };

  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 500, seed: 7 });
  });
  afterEach(() => sandbox.stop());

  it('starts with protocol http, passing sidecars of two versions, and neither resolver nor splitter', async () => {
    expect(await (await ask('/v1/config/service-defaults/payments')).json()).to.include({ Protocol: 'http' });
    expect((await ask('/v1/config/service-splitter/payments')).status).to.equal(404);
    const rows = (await (await ask('/v1/health/connect/payments?passing')).json()) as {
      Service: { Meta: { version: string } };
    }[];
    expect(rows.map((row) => row.Service.Meta.version)).to.deep.equal(['2', '2', '3', '3']);
  });

  it('sends callers over all instances until there is a splitter, then by its weights', async () => {
    await until(() => (sandbox.stats()['']?.requests ?? 0) > 50);
    await ask('/v1/config', 'PUT', { Kind: 'service-resolver', Name: 'payments', Subsets: SUBSETS });
    await weights(0);
    await until(() => (sandbox.stats().blue?.requests ?? 0) > 50);
    expect(sandbox.stats()).to.not.have.property('green');
    expect(await enter()).to.deep.equal({ status: 200, text: '{"service":"payments","version":"2","subset":"blue"}\n' });
    await weights(100);
    await until(async () => (await enter()).text === '{"service":"payments","version":"3","subset":"green"}\n');
  });

  it("writes Envoy's counters with the labels of the caller and of the subset", async () => {
    await ask('/v1/config', 'PUT', { Kind: 'service-resolver', Name: 'payments', Subsets: SUBSETS });
    await weights(50);
    await ask(`/sandbox/behaviour?version=3&errors=50%&latency=300ms`, 'PUT');
    await until(() => (sandbox.stats().green?.failures ?? 0) > 5);
    const text = await metrics('?usedonly&filter=upstream_rq_.xx');
    const failed = text
      .split('\n')
      .find((line) => line.includes('_subset="green"') && line.includes('envoy_response_code_class="5"'));
    expect(failed).to.match(/^envoy_cluster_upstream_rq_xx\{/);
    for (const label of ['local_cluster="web"', 'consul_destination_service="payments"', 'consul_destination_datacenter="dc1"']) {
      expect(failed).to.include(label);
    }
    expect(failed).to.include('envoy_cluster_name="green"');
    expect(text).to.not.include('upstream_rq_completed');
    const all = await metrics();
    expect(all).to.match(/^envoy_cluster_upstream_rq_time_bucket\{[^}]*_subset="green"[^}]*le="500"\} \d+$/m);
    expect(all).to.match(/^envoy_cluster_upstream_rq\{[^}]*_subset="green"[^}]*envoy_response_code="500"\} \d+$/m);
    expect(all).to.match(/^# TYPE envoy_cluster_upstream_rq_completed counter$/m);
  });

  it('answers 503 for an empty leg, counts it as completed and not as sent, and heals with a deployment', async () => {
    await ask('/v1/config', 'PUT', { Kind: 'service-resolver', Name: 'payments', Subsets: SUBSETS });
    sandbox.stopInstances('3');
    await weights(100);
    await until(() => (sandbox.stats().green?.failures ?? 0) > 5);
    expect(await enter()).to.deep.equal({ status: 503, text: 'no healthy upstream' });
    const text = await metrics();
    expect(text).to.match(/^envoy_cluster_upstream_cx_none_healthy\{[^}]*_subset="green"[^}]*\} [1-9]/m);
    expect(text).to.match(/^envoy_cluster_upstream_rq_total\{[^}]*_subset="green"[^}]*\} 0$/m);
    sandbox.deploy('3');
    await until(async () => (await enter()).status === 200);
  });

  it('takes critical instances out of the leg and keeps warning ones', async () => {
    await ask('/v1/config', 'PUT', { Kind: 'service-resolver', Name: 'payments', Subsets: SUBSETS });
    await weights(100);
    await ask('/sandbox/health?version=3&status=critical', 'PUT');
    await until(async () => (await enter()).status === 503);
    sandbox.setHealth('3', 'warning');
    await until(async () => (await enter()).status === 200);
  });

  it('leads requests with the header of a router to its subset at any weight', async () => {
    await ask('/v1/config', 'PUT', { Kind: 'service-resolver', Name: 'payments', Subsets: SUBSETS });
    await weights(0);
    await ask('/v1/config', 'PUT', {
      Kind: 'service-router',
      Name: 'payments',
      Routes: [{ Match: { HTTP: { Header: [{ Name: 'x-canary', Exact: '1' }] } }, Destination: { ServiceSubset: 'green' } }],
    });
    await until(async () => (await enter({ 'x-canary': '1' })).text.includes('green'));
    expect((await enter()).text).to.include('blue');
  });

  it('loses its leader and finds it again when it is told to', async () => {
    await ask('/sandbox/faults?leaderless=true', 'PUT');
    const refused = await ask('/v1/config/service-defaults/payments');
    expect([refused.status, await refused.text()]).to.deep.equal([500, 'No cluster leader']);
    expect(await (await ask('/v1/status/leader')).text()).to.equal('""');
    await ask('/sandbox/faults?leaderless=false', 'PUT');
    expect((await ask('/v1/config/service-defaults/payments')).status).to.equal(200);
  });

  it('refuses a token that may not write and one that nobody knows', async () => {
    sandbox.faults.tokens = { reader: 'read', '': 'write' };
    const write = (token: string): Promise<Response> =>
      fetch(`${sandbox.consulAddress}/v1/config`, {
        method: 'PUT',
        headers: { 'X-Consul-Token': token },
        body: '{"Kind":"service-splitter","Name":"payments"}',
      });
    const denied = await write('reader');
    expect(denied.status).to.equal(403);
    expect(await denied.text()).to.match(
      /^Permission denied: token with AccessorID '[0-9a-f-]{36}' lacks permission 'service:write' on "payments"$/,
    );
    expect(await (await write('stranger')).text()).to.equal('ACL not found');
  });
});
