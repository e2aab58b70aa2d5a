import { expect } from 'chai';
import type { Signal } from '../../src/core/plan.js';
import { createSignalSource, type SignalOptions } from '../../src/signals/registry.js';
import { classLines, FakeCatalog, type Local, NEVER, PAYMENTS, realPrograms, serve, sidecar } from './fakes.js';

describe('the signal sources together', () => {
  let server: Local;
  let now: number;
  let catalog: FakeCatalog;
  let passing: () => Promise<number>;

  beforeEach(async () => {
    now = 1_000_000;
    passing = async () => 3;
    catalog = new FakeCatalog();
    server = await serve((request, response) => {
      if (request.url!.startsWith('/metrics')) response.end(classLines('green', { 2: 1 }));
      else if (request.url === '/ok') response.end();
      else response.end('{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"5"]}]}}');
    });
    catalog.proxies = { web: [sidecar(server.address)] };
  });
  afterEach(() => server.close());

  const limits = { failureLimit: 0, errorLimit: 4 };
  const signals = (): readonly Signal[] => [
    { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 },
    { name: 'p95', source: 'prometheus', query: 'up', url: `http://${server.address}`, interval: 30_000, ...limits },
    {
      name: 'auth',
      source: 'http',
      url: `http://${server.address}/ok`,
      method: 'GET',
      interval: 10_000,
      timeout: 1_000,
      ...limits,
    },
    { name: 'checks', source: 'consul', minHealthy: 1 },
  ];
  const create = (more: Partial<SignalOptions> = {}) =>
    createSignalSource({ catalog, countReady: () => passing(), runProgram: realPrograms, env: {}, now: () => now, ...more });

  it('reads every kind of signal', async () => {
    const readings = await create().read(signals(), PAYMENTS, NEVER);
    expect(readings.map(({ signal, at, measurement }) => ({ signal, at, measurement }))).to.deep.equal([
      { signal: 'errors', at: now, measurement: { kind: 'counts', canary: { bad: 0, total: 0 }, stable: { bad: 0, total: 0 } } },
      { signal: 'p95', at: now, measurement: { kind: 'scalar', value: 5 } },
      { signal: 'auth', at: now, measurement: { kind: 'scalar', value: 1 } },
      { signal: 'checks', at: now, measurement: { kind: 'scalar', value: 3 } },
    ]);
  });

  it('reads each signal at its own interval, and Envoy every time', async () => {
    const source = create();
    const times: Record<string, number> = {};
    for (let i = 0; i <= 300; i++) {
      for (const { signal } of await source.read(signals(), PAYMENTS, NEVER)) times[signal] = (times[signal] ?? 0) + 1;
      now += 100;
    }
    expect(times).to.deep.equal({ errors: 301, checks: 31, auth: 4, p95: 2 });
  });

  it('measures another target at once', async () => {
    const source = create();
    const probes = signals().filter(({ source: kind }) => kind === 'http');
    expect(await source.read(probes, PAYMENTS, NEVER)).to.have.length(1);
    expect(await source.read(probes, PAYMENTS, NEVER)).to.have.length(0);
    expect(await source.read(probes, { ...PAYMENTS, service: 'ledger' }, NEVER)).to.have.length(1);
  });

  it('turns what a source throws into an error, and leaves the other sources alone', async () => {
    passing = () => Promise.reject(new Error('Consul is gone'));
    const broken: Signal = {
      name: 'broken',
      source: 'http',
      url: 'nowhere',
      method: 'GET',
      interval: 1_000,
      timeout: 1_000,
      ...limits,
    };
    const readings = await create().read([...signals(), broken], PAYMENTS, NEVER);
    const kinds = Object.fromEntries(readings.map(({ signal, measurement }) => [signal, measurement.kind]));
    expect(kinds).to.deep.equal({ errors: 'counts', p95: 'scalar', auth: 'scalar', checks: 'error', broken: 'error' });
    expect(readings.find(({ signal }) => signal === 'checks')?.measurement).to.have.property(
      'why',
      'the instances cannot be counted: Consul is gone',
    );
  });

  it('counts traffic by subset, with both roles always there', async () => {
    const traffic = await create().traffic(PAYMENTS, NEVER);
    expect(traffic).to.deep.equal({ at: now, requests: { blue: 0, green: 0 }, callers: { found: 1, read: 1 } });
  });

  it('knows no traffic where no caller can be read', async () => {
    catalog.down = true;
    expect(await create().traffic(PAYMENTS, NEVER)).to.equal(undefined);
  });

  it('reads nothing when asked for nothing', async () => {
    expect(await create().read([], PAYMENTS, NEVER)).to.deep.equal([]);
    expect(catalog.asked).to.deep.equal([]);
  });
});
