import { expect } from 'chai';
import type { PrometheusSignal } from '../../src/core/plan.js';
import { createSignalSource } from '../../src/signals/registry.js';
import { FakeCatalog, type Local, NEVER, PAYMENTS, realPrograms, serve } from './fakes.js';

const SIGNAL: PrometheusSignal = {
  name: 'ratio',
  source: 'prometheus',
  preset: 'error-ratio',
  max: 0.01,
  interval: 30_000,
  failureLimit: 0,
  errorLimit: 4,
};

describe('presets asked about many services', () => {
  const asked: string[] = [];
  let server: Local;
  before(async () => {
    server = await serve((request, response) => {
      let form = '';
      request.on('data', (part) => {
        form += part;
      });
      request.on('end', () => {
        asked.push(new URLSearchParams(form).get('query') ?? '');
        const one = (service: string, subset: string, value: string) => ({
          metric: { consul_destination_service: service, consul_destination_service_subset: subset },
          value: [1, value],
        });
        const result = [one('payments', 'green', '0.02'), one('payments', 'blue', '0.5'), one('orders', 'green', '0.001')];
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
      });
    });
  });
  after(() => server.close());
  beforeEach(() => {
    asked.length = 0;
  });

  it('cost one query, and each service gets its own number, or no data', async () => {
    const env = { PROMETHEUS_URL: `http://${server.address}` };
    const source = createSignalSource({
      catalog: new FakeCatalog(),
      countReady: async () => 1,
      env,
      runProgram: realPrograms,
      now: () => 0,
    });
    const services = ['payments', 'orders', 'carts'];
    const readings = await Promise.all(services.map((service) => source.read([SIGNAL], { ...PAYMENTS, service }, NEVER)));
    expect(readings.flat().map(({ measurement }) => measurement)).to.deep.equal([
      { kind: 'scalar', value: 0.02 },
      { kind: 'scalar', value: 0.001 },
      { kind: 'none', why: 'the query returns no series' },
    ]);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.include('consul_destination_service=~"carts|orders|payments"');
    expect(readings[0]?.[0]?.query).to.include('consul_destination_service="payments"');
  });

  it('cost one query for each preset and window, and the next look asks again', async () => {
    const env = { PROMETHEUS_URL: `http://${server.address}` };
    let now = 0;
    const source = createSignalSource({
      catalog: new FakeCatalog(),
      countReady: async () => 1,
      env,
      runProgram: realPrograms,
      now: () => now,
    });
    const signals: PrometheusSignal[] = [
      SIGNAL,
      { ...SIGNAL, name: 'long', window: '10m' },
      { ...SIGNAL, name: 'p95', preset: 'p95' },
    ];
    const look = () =>
      Promise.all(['payments', 'orders'].map((service) => source.read(signals, { ...PAYMENTS, service }, NEVER)));
    await look();
    expect(asked).to.have.length(3);
    now = 30_000;
    await look();
    expect(asked).to.have.length(6);
  });
});
