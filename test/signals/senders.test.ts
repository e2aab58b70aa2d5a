import { expect } from 'chai';
import { EntranceReader } from '../../src/signals/entrance-reader.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import { ProxyDirectory } from '../../src/signals/proxy-directory.js';
import { classLines, FakeCatalog, flightLines, type Local, NEVER, PAYMENTS, refusingAddress, serve, sidecar } from './fakes.js';

describe('transparent proxies that intentions let in', () => {
  let catalog: FakeCatalog;
  let maps: Local;
  let page: string;
  let now: number;
  beforeEach(async () => {
    catalog = new FakeCatalog();
    page = flightLines('blue', 0, 9, 'other');
    now = 1_000_000;
    maps = await serve((_, response) => response.end(page));
    const transparent = { Mode: 'transparent', Upstreams: null, DestinationServiceName: 'maps' };
    catalog.proxies = { maps: [sidecar(maps.address, transparent)], shut: [sidecar(await refusingAddress(), transparent)] };
  });
  afterEach(() => maps.close());

  it('are no callers until they have been seen to send, and are looked at once in 15 s whoever asks', async () => {
    const directory = new ProxyDirectory(catalog, () => now);
    const other = { ...PAYMENTS, service: 'ledger' };
    expect(await directory.callersOf(PAYMENTS)).to.deep.equal([]);
    expect(await directory.callersOf(other)).to.deep.equal([]);
    expect(maps.asked).to.have.length(1);
    page = flightLines('blue', 0, 9);
    now += 14_999;
    expect(await directory.callersOf(PAYMENTS)).to.deep.equal([]);
    now += 1;
    const [caller] = await directory.callersOf(PAYMENTS);
    expect(caller).to.include({ kind: 'transparent', name: 'maps', certain: true, address: maps.address });
    expect(await directory.callersOf(other)).to.deep.equal([]);
    expect(maps.asked).to.have.length(2);
  });

  it('stay callers while their page cannot be read', async () => {
    const directory = new ProxyDirectory(catalog, () => now);
    page = flightLines('blue', 0, 9);
    expect(await directory.callersOf(PAYMENTS)).to.have.length(1);
    page = '<html>';
    now += 60_000;
    expect(await directory.callersOf(PAYMENTS)).to.have.length(1);
  });

  it('are counted like any other caller once they send', async () => {
    const envoy = new EnvoySource(catalog, () => now);
    page = flightLines('blue', 0, 9) + classLines('green', { 2: 10, 5: 0 });
    const read = async () => {
      now += 100;
      return (await envoy.read([{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 }], PAYMENTS, NEVER))[0]!;
    };
    await read();
    page = flightLines('blue', 0, 9) + classLines('green', { 2: 10, 5: 7 });
    expect((await read()).measurement).to.deep.include({ canary: { bad: 7, total: 7 } });
  });

  it('are listed with what is known of each', async () => {
    const reader = new EntranceReader(catalog, () => now);
    const say = async () =>
      (await reader.read(PAYMENTS)).rows.map(({ name, certain, read, why, share }) => [
        name,
        certain,
        read,
        why?.split(': ')[1] ?? null,
        share,
      ]);
    const shut = ['maps', false, false, 'connection refused', null];
    expect(await say()).to.deep.equal([['maps', false, true, null, null], shut]);
    page = flightLines('blue', 0, 9);
    now += 1_000;
    expect(await say()).to.deep.equal([['maps', true, true, null, 100], shut]);
  });
});
