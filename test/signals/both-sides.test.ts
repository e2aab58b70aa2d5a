import { expect } from 'chai';
import type { EnvoySignal } from '../../src/core/plan.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import { classLines, FakeCatalog, inboundLines, type Local, NEVER, PAYMENTS, serve, sidecar } from './fakes.js';

const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };
const TARGET = { ...PAYMENTS, rollout: '01A' };

describe('both sides of a service', () => {
  let catalog: FakeCatalog;
  let envoy: EnvoySource;
  let now: number;
  let web: Record<string, number>;
  let again: Record<string, number>;
  let green: Record<string, number>;
  const servers: Local[] = [];

  beforeEach(async () => {
    catalog = new FakeCatalog();
    now = 1_000_000;
    [web, again, green] = [{ 2: 0 }, {}, { 2: 0 }];
    envoy = new EnvoySource(catalog, () => now);
    const [caller, instance] = [
      await page(() => classLines('green', web) + classLines('green', again, 'payments', 'retry_')),
      await page(() => inboundLines(green)),
    ];
    catalog.proxies = { 'web-sidecar-proxy': [sidecar(caller.address)] };
    catalog.instancePages = { green: [instance.address] };
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  async function page(text: () => string): Promise<Local> {
    const server = await serve((_, response) => response.end(text()));
    servers.push(server);
    return server;
  }
  /** Looks until both sides have been read anew (or so often, where no instance is read), and gives all that was told of canary on the way. */
  async function look(turns = Number.POSITIVE_INFINITY) {
    let [bad, total] = [0, 0];
    const asked = servers[1]!.asked.length;
    for (let turn = 0; ; turn++) {
      now += 1_000;
      const [reading] = await envoy.read([ERRORS], TARGET, NEVER);
      const { measurement } = reading!;
      if (measurement.kind === 'counts') {
        bad += measurement.canary.bad;
        total += measurement.canary.total;
      }
      if (turn >= turns || servers[1]!.asked.length >= asked + 4) return { bad, total, reading: reading! };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('counts what no caller sent by what the instances answered, and says how much its callers count', async () => {
    await look();
    [web, green] = [{ 2: 48 }, { 2: 60, 5: 40 }];
    const { bad, total, reading } = await look();
    expect([bad, total]).to.deep.equal([40, 100]);
    expect(reading.query).to.include('1 caller and 1 instances of green');
    expect(reading.sight).to.equal("seen: 48% of canary's requests by its callers, the rest by what its instances answered");
    expect(envoy.coverage(TARGET).green?.share).to.equal(0.48);
    web = { 2: 60, 5: 40 };
    expect(await look(), 'told already').to.deep.include({ bad: 0, total: 0 });
  });

  it('counts nothing twice that callers count too, and says nothing of it', async () => {
    await look();
    [web, green] = [
      { 2: 90, 5: 10 },
      { 2: 90, 5: 10 },
    ];
    const { bad, total, reading } = await look();
    expect([bad, total, reading.sight]).to.deep.equal([10, 100, undefined]);
    expect(envoy.coverage(TARGET).green?.share).to.equal(1);
    expect(envoy.coverage(TARGET).blue?.share, 'no instance of blue is known').to.equal(null);
  });

  it('takes attempts that a caller made again for no failure of its users', async () => {
    await look();
    [web, again, green] = [{ 2: 20, 5: 3 }, { 5: 16 }, { 2: 20, 5: 19 }];
    const { bad, total, reading } = await look();
    expect([bad, total, reading.sight]).to.deep.equal([3, 23, undefined]);
  });

  it('judges by the instances alone where no caller can be read; without any answer it says why', async () => {
    catalog.proxies = { 'web-sidecar-proxy': [sidecar(undefined)] };
    expect((await look()).reading.measurement.kind).to.equal('error');
    green = { 2: 10, 5: 10 };
    const { bad, total, reading } = await look();
    expect([bad, total]).to.deep.equal([10, 20]);
    expect(reading.sight).to.match(/^seen: 0% of canary's requests/);
    expect(await envoy.traffic(TARGET, NEVER)).to.equal(undefined);
  });

  it('counts an instance that begins anew from zero, and one that is gone no more', async () => {
    green = { 2: 500, 5: 1 };
    await look();
    green = { 5: 4 };
    expect(await look()).to.deep.include({ bad: 4, total: 4 });
    catalog.instancePages = {};
    now += 20_000;
    await look(10);
    expect(envoy.coverage(TARGET).green?.instances).to.deep.equal({ found: 0, read: 0 });
  });

  it('takes an instance that both filters match for neither', async () => {
    catalog.instancePages = { ...catalog.instancePages, blue: catalog.instancePages.green! };
    await look(10);
    green = { 5: 9 };
    expect(await look(10)).to.deep.include({ bad: 0, total: 0 });
    expect(envoy.coverage(TARGET).green?.instances).to.deep.equal({ found: 1, read: 0 });
  });
});
