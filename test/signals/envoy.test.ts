import { expect } from 'chai';
import type { EnvoySignal } from '../../src/core/plan.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import {
  classLines,
  codeLines,
  FakeCatalog,
  type Local,
  latencyLines,
  NEVER,
  PAYMENTS,
  refusingAddress,
  requestLines,
  serve,
  sidecar,
  statusLines,
} from './fakes.js';

const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };
const SLOW: EnvoySignal = { name: 'slow', source: 'envoy', metric: 'latency', over: 400, max: 0.05 };

describe('the envoy source', () => {
  let catalog: FakeCatalog;
  let envoy: EnvoySource;
  let now: number;
  const servers: Local[] = [];

  beforeEach(() => {
    catalog = new FakeCatalog();
    now = 1_000_000;
    envoy = new EnvoySource(catalog, () => now);
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function caller(text: () => string): Promise<Local> {
    const server = await serve((_, response) => response.end(text()));
    servers.push(server);
    return server;
  }
  function register(...addresses: (string | undefined)[]): void {
    catalog.proxies = { 'web-sidecar-proxy': addresses.map((address) => sidecar(address)) };
  }
  async function read(signal: EnvoySignal = ERRORS) {
    now += 100;
    return (await envoy.read([signal], PAYMENTS, NEVER))[0]!;
  }

  it('begins with a base line for each rollout: what came in between bears on neither', async () => {
    let green = { 2: 100, 5: 0 };
    const one = await caller(() => classLines('green', green));
    register(one.address);
    const readFor = async (rollout: string) => {
      now += 100;
      const [reading] = await envoy.read([ERRORS], { ...PAYMENTS, rollout }, NEVER);
      const traffic = await envoy.traffic({ ...PAYMENTS, rollout }, NEVER);
      return [(reading!.measurement as { canary: object }).canary, traffic!.requests.green];
    };
    await readFor('01A');
    green = { 2: 110, 5: 5 };
    expect(await readFor('01A')).to.deep.equal([{ bad: 5, total: 15 }, 15]);
    green = { 2: 120, 5: 50 };
    expect(await readFor('01B')).to.deep.equal([{ bad: 0, total: 0 }, 0]);
    green = { 2: 130, 5: 50 };
    expect(await readFor('01B')).to.deep.equal([{ bad: 0, total: 10 }, 10]);
  });

  it('counts what came since the last reading, per role, over all callers', async () => {
    let [green, blue] = [{ 2: 100, 5: 4 }, { 2: 900 }];
    const one = await caller(() => classLines('green', green) + classLines('blue', blue));
    const two = await caller(() => classLines('blue', blue));
    register(one.address, two.address);
    expect((await read()).measurement).to.deep.equal({
      kind: 'counts',
      canary: { bad: 0, total: 0 },
      stable: { bad: 0, total: 0 },
    });
    [green, blue] = [{ 2: 110, 5: 7 }, { 2: 950 }];
    const reading = await read();
    expect(reading.measurement).to.deep.equal({
      kind: 'counts',
      canary: { bad: 3, total: 13 },
      stable: { bad: 0, total: 100 },
      callers: [
        { caller: 'web', canary: { bad: 3, total: 13 }, stable: { bad: 0, total: 50 } },
        { caller: 'web', canary: { bad: 0, total: 0 }, stable: { bad: 0, total: 50 } },
      ],
    });
    expect(reading.query).to.equal('envoy_cluster_upstream_rq_xx{consul_destination_service="payments"} of 2 callers');
    expect(reading.raw).to.equal('green 2xx 10, 5xx 3; blue 2xx 100');
    expect(reading.at).to.equal(now);
  });

  it('serves traffic and signals from one scrape without taking counts from one another', async () => {
    let count = 10;
    const web = await caller(() => classLines('green', { 2: count }));
    register(web.address);
    const look = () =>
      Promise.all([envoy.traffic(PAYMENTS, NEVER), envoy.read([ERRORS, { ...ERRORS, name: 'worse' }], PAYMENTS, NEVER)]);
    await look();
    count = 15;
    now += 100;
    const [traffic, readings] = await look();
    expect(traffic).to.deep.equal({
      at: now,
      requests: { green: 5, blue: 0 },
      callers: { found: 1, read: 1 },
      each: [{ name: 'web', id: 'web-sidecar-proxy', node: '', from: now - 100, at: now, requests: { green: 5 } }],
    });
    expect(readings.map(({ measurement }) => measurement.kind === 'counts' && measurement.canary.total)).to.deep.equal([5, 5]);
    expect(web.asked).to.have.length(2);
    now += 30;
    expect((await envoy.traffic(PAYMENTS, NEVER))?.requests.green).to.equal(0);
    expect(web.asked, 'within 50 ms the last scrape is taken again').to.have.length(2);
  });

  it('tells what each caller sent, past every subset too, since its page before; not of those whom no weight moves', async () => {
    let count = 10;
    const counted = () => ({ completed: count, total: count, active: 0 });
    const whole = () => requestLines('', counted()).replaceAll('consul_destination_service_subset="",', '');
    const web = await caller(() => requestLines('green', counted()) + requestLines('blue', counted()) + whole());
    const [tcp, named] = [
      await caller(() => requestLines('green', counted())),
      await caller(() => requestLines('green', counted())),
    ];
    const upstreams = (one: object) => ({ DestinationServiceName: 'app', Upstreams: [{ DestinationType: 'service', ...one }] });
    const payments = { DestinationName: 'payments' };
    catalog.proxies = {
      'web-sidecar-proxy': [sidecar(web.address)],
      'app-sidecar-proxy': [
        sidecar(tcp.address, upstreams({ ...payments, Config: { protocol: 'tcp' } })),
        sidecar(named.address, upstreams({ DestinationName: 'old' })),
      ],
    };
    catalog.entries = { 'service-resolver': [{ Kind: 'service-resolver', Name: 'old', Redirect: { Service: 'payments' } }] };
    await envoy.traffic(PAYMENTS, NEVER);
    const from = now;
    now += 100;
    count = 17;
    const traffic = await envoy.traffic(PAYMENTS, NEVER);
    expect(traffic?.callers).to.deep.equal({ found: 3, read: 3 });
    expect(traffic?.requests, 'shares are of the subsets alone').to.deep.equal({ blue: 7, green: 21 });
    expect(traffic?.each).to.deep.equal([
      { name: 'web', id: 'web-sidecar-proxy', node: '', from, at: now, requests: { green: 7, blue: 7, '': 7 } },
    ]);
    now += 100;
    expect((await envoy.traffic(PAYMENTS, NEVER))?.each?.[0]?.requests).to.deep.equal({ green: 0, blue: 0, '': 0 });
  });

  it('counts unanswered requests and codes of each caller alone, a late failure against what was sent before; no latency, and nothing of an only caller', async () => {
    let [sent, done] = [10, 10];
    const lines = (subset: string) =>
      requestLines(subset, { completed: done, total: sent, active: 0 }) + classLines(subset, { 4: done });
    const one = await caller(() => lines('green') + latencyLines('green', { 500: done }, done));
    const two = await caller(() => requestLines('blue', { completed: 9, total: 9, active: 0 }));
    register(one.address, two.address);
    const GAVE_UP: EnvoySignal = { name: 'gave-up', source: 'envoy', metric: 'unanswered', max: 0.01 };
    const DENIED: EnvoySignal = { name: 'denied', source: 'envoy', metric: 'codes', codes: ['4xx'], max: 0.01 };
    const look = async () => {
      now += 100;
      const readings = await envoy.read([GAVE_UP, DENIED, SLOW], PAYMENTS, NEVER);
      return readings.map(({ measurement }) => (measurement.kind === 'counts' ? (measurement.callers ?? []) : []));
    };
    await look();
    [sent, done] = [14, 13];
    const [, denied] = await look();
    const [gaveUp, , slow] = await look();
    expect(gaveUp).to.deep.equal([{ caller: 'web', canary: { bad: 1, total: 1 }, stable: { bad: 0, total: 0 } }]);
    expect(denied).to.deep.equal([{ caller: 'web', canary: { bad: 3, total: 3 }, stable: { bad: 0, total: 0 } }]);
    expect(slow).to.deep.equal([]);
    register(one.address);
    now += 20_000;
    await look();
    await look();
    [sent, done] = [19, 18];
    expect(await look()).to.deep.equal([[], [], []]);
  });

  it('sets only a base line for a caller that comes later', async () => {
    let count = 10;
    const [one, two] = [
      await caller(() => classLines('green', { 2: count })),
      await caller(() => classLines('green', { 2: 5_000 + count })),
    ];
    register(one.address);
    await read();
    register(one.address, two.address);
    now += 15_000;
    count = 11;
    await read();
    const counted = [];
    for (count of [12, 13]) counted.push((await read()).measurement);
    expect(counted.map((measurement) => measurement.kind === 'counts' && measurement.canary.total <= 2)).to.deep.equal([
      true,
      true,
    ]);
    count = 14;
    expect((await read()).query).to.include('2 callers');
    count = 20;
    expect((await read()).measurement).to.deep.include({ canary: { bad: 0, total: 12 } });
  });

  it('goes on with the other callers when one dies, and says how many it read', async () => {
    let count = 10;
    const web = await caller(() => classLines('green', { 2: count }));
    register(web.address, await refusingAddress());
    await read();
    count = 12;
    const reading = await read();
    expect(reading.measurement).to.deep.include({ canary: { bad: 0, total: 2 } });
    expect(reading.query).to.include('of 1 of 2 callers');
    expect((await envoy.traffic(PAYMENTS, NEVER))?.callers).to.deep.equal({ found: 2, read: 1 });
  });

  it('does not wait again for a caller that did not answer', async () => {
    let [open, count] = [0, 10];
    const hung = await serve(() => open++);
    servers.push(hung);
    const web = await caller(() => classLines('green', { 2: count }));
    register(web.address, hung.address);
    await read();
    const before = open;
    count = 12;
    expect((await read()).measurement).to.deep.include({ canary: { bad: 0, total: 2 } });
    expect((await envoy.traffic(PAYMENTS, NEVER))?.callers).to.deep.equal({ found: 2, read: 1 });
    expect(before).to.equal(1);
  });

  it('counts slow answers by the largest bucket edge that is not above the limit, and names it', async () => {
    let text = latencyLines('green', { 250: 50, 500: 60 }, 70);
    const web = await caller(() => text);
    register(web.address);
    await read(SLOW);
    text = latencyLines('green', { 250: 58, 500: 69 }, 80) + latencyLines('blue', { 250: 30, 500: 31 }, 31);
    now += 1_000;
    const reading = await read(SLOW);
    expect(reading.measurement).to.deep.equal({ kind: 'counts', canary: { bad: 2, total: 10 }, stable: { bad: 1, total: 31 } });
    expect(reading.query).to.equal(
      'envoy_cluster_upstream_rq_time_bucket{consul_destination_service="payments",le="250"} of 1 caller',
    );
    expect(web.asked[0]).to.include('rq_time');
  });

  it('asks for histograms once a second at most', async () => {
    const web = await caller(() => latencyLines('green', { 250: 50 }, 70));
    register(web.address);
    for (let i = 0; i < 12; i++) await read(SLOW);
    expect(web.asked.filter((path) => path.includes('rq_time'))).to.have.length(2);
  });

  it('does not count a histogram’s past when latency is asked for later', async () => {
    let text = classLines('green', { 2: 70 }) + latencyLines('green', { 250: 50 }, 70);
    const web = await caller(() => text);
    register(web.address);
    await read(ERRORS);
    now += 1_000;
    expect((await read(SLOW)).measurement).to.deep.include({ canary: { bad: 0, total: 0 } });
    text = latencyLines('green', { 250: 51 }, 73);
    now += 1_000;
    expect((await read(SLOW)).measurement).to.deep.include({ canary: { bad: 2, total: 3 } });
  });

  describe('of requests that were sent', () => {
    const GAVE_UP: EnvoySignal = { name: 'unanswered', source: 'envoy', metric: 'unanswered', margin: 0.01 };
    let text = '';
    beforeEach(async () => {
      text = requestLines('green', { total: 100, completed: 100, active: 0 }) + classLines('green', { 2: 100 });
      register((await caller(() => text)).address);
    });
    const readAll = async (...signals: EnvoySignal[]) => {
      now += 100;
      const readings = await envoy.read(signals, PAYMENTS, NEVER);
      return readings.map(({ measurement, raw }) => [
        measurement.kind === 'counts' ? measurement.canary : measurement,
        raw.split(';')[0],
      ]);
    };

    it('counts a trial when it is sent and its failure when it is known, and never more failures than trials', async () => {
      await readAll(ERRORS);
      text = requestLines('green', { total: 110, completed: 102, active: 8 }) + classLines('green', { 2: 102 });
      expect(await readAll(ERRORS)).to.deep.equal([[{ bad: 0, total: 10 }, 'green 2xx 2']]);
      text = requestLines('green', { total: 111, completed: 110, active: 1 }) + classLines('green', { 2: 102, 5: 8 });
      expect(await readAll(ERRORS)).to.deep.equal([[{ bad: 8, total: 8 }, 'green 5xx 8']]);
      text = requestLines('green', { total: 121, completed: 121, active: 0 }) + classLines('green', { 2: 113, 5: 8 });
      expect(await readAll(ERRORS)).to.deep.equal([[{ bad: 0, total: 3 }, 'green 2xx 11']]);
    });

    it('knows at the next look which of them were given up, and traffic has them too', async () => {
      await readAll(GAVE_UP);
      await envoy.traffic(PAYMENTS, NEVER);
      text = requestLines('green', { total: 110, completed: 102, active: 3 }) + classLines('green', { 2: 102 });
      expect(await readAll(GAVE_UP)).to.deep.equal([[{ bad: 0, total: 5 }, 'green 0 of 5 unanswered']]);
      expect(await readAll(GAVE_UP)).to.deep.equal([[{ bad: 5, total: 5 }, 'green 5 of 5 unanswered']]);
      expect((await envoy.traffic(PAYMENTS, NEVER))?.requests).to.deep.equal({ green: 10, blue: 0 });
    });

    it('goes on where a page is cut or empty', async () => {
      await readAll(GAVE_UP);
      const whole = requestLines('green', { total: 110, completed: 110, active: 0 });
      for (const cut of [whole.slice(0, whole.indexOf('envoy_cluster_upstream_rq_active')), whole.split('\n')[0]!, '']) {
        text = cut;
        await readAll(GAVE_UP);
      }
      text = whole;
      expect(await readAll(GAVE_UP)).to.deep.equal([[{ bad: 0, total: 10 }, 'green 0 of 10 unanswered']]);
      expect(await readAll(GAVE_UP)).to.deep.equal([[{ bad: 0, total: 0 }, 'green 0 of 0 unanswered']]);
    });

    it('counts answers by single codes and by classes', async () => {
      const codes = (name: string, ...list: string[]): EnvoySignal => ({
        name,
        source: 'envoy',
        metric: 'codes',
        codes: list,
        max: 0.01,
      });
      const signals = [codes('4xx', '4xx'), codes('few', '401', '429'), codes('both', '5xx', '404')];
      await readAll(...signals);
      text =
        requestLines('green', { total: 200, completed: 200, active: 0 }) +
        classLines('green', { 2: 150, 4: 40, 5: 10 }) +
        codeLines('green', { 200: 150, 401: 20, 404: 15, 429: 5, 500: 10 });
      expect(await readAll(...signals)).to.deep.equal([
        [{ bad: 40, total: 100 }, 'green 4xx 40'],
        [{ bad: 25, total: 100 }, 'green 401 20, 429 5'],
        [{ bad: 25, total: 100 }, 'green 5xx 10, 404 15'],
      ]);
    });
  });

  it('refuses a limit that is shorter than all of Envoy’s', async () => {
    const web = await caller(() => latencyLines('green', { '0.5': 0, 1: 2 }, 2));
    register(web.address);
    const { measurement } = await read({ ...SLOW, over: 0.1 });
    expect(measurement).to.deep.equal({ kind: 'error', why: 'Envoy counts no limit as short as 0.1 ms; the shortest is 0.5 ms' });
  });

  describe('of a gRPC service', () => {
    beforeEach(() => {
      catalog.protocol = 'grpc';
    });

    it('counts statuses instead of classes, with what Envoy answers itself once', async () => {
      let text = classLines('green', { 2: 100 }) + statusLines('green', { 0: 100 });
      const web = await caller(() => text);
      register(web.address);
      await read();
      text =
        classLines('green', { 2: 150, 5: 5 }) +
        statusLines('green', { 0: 130, 5: 10, 14: 15 }) +
        classLines('blue', { 2: 9 }) +
        statusLines('blue', { 0: 9 });
      const reading = await read();
      expect(reading.measurement).to.deep.equal({ kind: 'counts', canary: { bad: 15, total: 55 }, stable: { bad: 0, total: 9 } });
      expect(reading.raw).to.equal(
        'green 0 OK 30, 5 NOT_FOUND 10, 14 UNAVAILABLE 15 by status, 2xx 50, 5xx 5; blue 0 OK 9 by status, 2xx 9',
      );
      expect(reading.query).to.equal(
        '{__name__=~"envoy_cluster_grpc_(.*_)?[0-9]+",consul_destination_service="payments"} of 1 caller',
      );
    });

    it('takes answers without a status for no data, never for health', async () => {
      let count = 100;
      const web = await caller(() => classLines('green', { 2: count }) + statusLines('blue', { 0: count }));
      register(web.address);
      await read();
      count = 200;
      const { measurement } = await read();
      expect(measurement.kind).to.equal('none');
      expect('why' in measurement && measurement.why).to.include('no sidecar has counted a gRPC status');
    });

    it('counts 5xx answers of a green that never gives a status', async () => {
      let failed = 0;
      const web = await caller(() => classLines('green', { 2: 100, 5: failed }));
      register(web.address);
      await read();
      failed = 8;
      expect((await read()).measurement).to.deep.include({ canary: { bad: 8, total: 8 } });
    });

    it('reads no signal where Consul does not tell the protocol', async () => {
      catalog.protocol = '';
      const web = await caller(() => classLines('green', { 2: 100 }));
      register(web.address);
      expect((await read()).measurement.kind).to.equal('error');
    });
  });

  it('does not ask for gRPC statuses of a service that speaks HTTP', async () => {
    const web = await caller(() => classLines('green', { 2: 100 }));
    register(web.address);
    await read();
    expect(web.asked.map(decodeURIComponent)).to.deep.equal([
      '/metrics?usedonly&filter=upstream_rq_.xx|upstream_rq_(active|cancelled|completed|retry|total)$|^server[.](uptime|initialization_time_ms)$',
    ]);
  });

  it('says that there is no caller, and that nothing was measured', async () => {
    const { measurement } = await read();
    expect(measurement.kind).to.equal('none');
    expect('why' in measurement && measurement.why).to.match(/^no caller of payments is registered/);
    expect(await envoy.traffic(PAYMENTS, NEVER)).to.equal(undefined);
  });

  it('says that ACLs may hide the callers, which is an error and no quiet service', async () => {
    catalog.hidden = true;
    const { measurement } = await read();
    expect(measurement.kind).to.equal('error');
    expect('why' in measurement && measurement.why).to.match(/ACLs hide part of the catalog .* service:read/);
  });

  it('says what to set when callers show no metrics', async () => {
    register(undefined);
    const { measurement } = await read();
    expect(measurement.kind).to.equal('error');
    expect('why' in measurement && measurement.why)
      .to.include('(web)')
      .and.to.include('envoy_prometheus_bind_addr');
  });

  it('says where and why no caller can be read', async () => {
    const address = await refusingAddress();
    register(address);
    const { measurement } = await read();
    expect(measurement.kind).to.equal('error');
    expect('why' in measurement && measurement.why).to.include(`${address}: connection refused`);
    expect(await envoy.traffic(PAYMENTS, NEVER)).to.equal(undefined);
  });

  it('names a page that is not Envoy’s, and a status that is not 200', async () => {
    let status = 200;
    const server = await serve((_, response) => response.writeHead(status).end('<html>'));
    servers.push(server);
    register(server.address);
    expect(JSON.stringify((await read()).measurement)).to.include('no metrics page of Envoy');
    status = 503;
    expect(JSON.stringify((await read()).measurement)).to.include('HTTP 503');
  });

  it('keeps the callers that it knows while Consul cannot be reached', async () => {
    let count = 1;
    const web = await caller(() => classLines('green', { 2: count }));
    register(web.address);
    await read();
    catalog.down = true;
    now += 20_000;
    await read();
    count = 4;
    expect((await read()).measurement).to.deep.include({ canary: { bad: 0, total: 3 } });
  });

  it('says so when Consul could not be asked for callers at all, and recovers', async () => {
    catalog.down = true;
    expect((await read()).measurement).to.deep.equal({
      kind: 'error',
      why: 'the callers of payments cannot be found: Consul cannot be reached',
    });
    catalog.down = false;
    const web = await caller(() => '');
    register(web.address);
    now += 1_000;
    expect((await read()).measurement.kind).to.equal('counts');
  });

  it('searches the callers every 15 s, and every five seconds while none can be read', async () => {
    const searches = (): number => catalog.asked.filter((path) => path.includes('connect-proxy')).length;
    const web = await caller(() => '');
    register(web.address);
    for (let i = 0; i < 100; i++) await read();
    expect(searches()).to.equal(1);
    now += 15_000;
    await read();
    expect(searches()).to.equal(2);
    register(await refusingAddress());
    now += 15_000;
    await read();
    await read();
    const before = searches();
    for (let i = 0; i < 150; i++) await read();
    expect(searches() - before).to.be.within(2, 4);
  });
});
