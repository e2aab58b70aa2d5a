import { expect } from 'chai';
import type { CatalogReader } from '../../src/signals/catalog-reader.js';
import { ProxyDirectory } from '../../src/signals/proxy-directory.js';
import { FakeCatalog, PAYMENTS, sidecar } from './fakes.js';

describe('the directory of sidecars', () => {
  const catalog = new FakeCatalog();
  catalog.proxies = { web: [sidecar('127.0.0.1:9102')] };
  let [now, took, lists] = [0, 0, 0];
  const reader: CatalogReader = {
    get: async (path, query) => {
      if (path === '/v1/catalog/services') lists++;
      now += took / 4;
      return catalog.get(path, query);
    },
  };
  const SEARCH = 3;
  beforeEach(() => {
    [now, took, lists] = [0, 0, 0];
  });

  it('is searched once for all services that want to know, until it is a second old', async () => {
    const directory = new ProxyDirectory(reader, () => now);
    const [payments, orders] = await Promise.all([directory.read(PAYMENTS), directory.read({ ...PAYMENTS, service: 'orders' })]);
    expect(payments.callersOf(PAYMENTS)).to.have.length(1);
    expect(orders.callersOf({ ...PAYMENTS, service: 'orders' })).to.have.length(0);
    expect(lists).to.equal(SEARCH);
    now += 999;
    await directory.read(PAYMENTS);
    expect(lists).to.equal(SEARCH);
    now += 1;
    await directory.read(PAYMENTS);
    expect(lists).to.equal(2 * SEARCH);
  });

  it('is good for five seconds to whoever knows an older answer', async () => {
    const directory = new ProxyDirectory(reader, () => now);
    await directory.read(PAYMENTS);
    now += 4_999;
    await directory.read(PAYMENTS, true);
    expect(lists).to.equal(SEARCH);
    now += 1;
    await directory.read(PAYMENTS, true);
    expect(lists).to.equal(2 * SEARCH);
  });

  it('rests nineteen times as long as a search took', async () => {
    const directory = new ProxyDirectory(reader, () => now);
    took = 1_000;
    await directory.read(PAYMENTS);
    const ended = now;
    took = 0;
    now = ended * 20 - 1;
    await directory.read(PAYMENTS);
    expect(lists).to.equal(SEARCH);
    now = ended * 20;
    await directory.read(PAYMENTS);
    expect(lists).to.equal(2 * SEARCH);
  });

  it('keeps namespaces apart', async () => {
    const directory = new ProxyDirectory(reader, () => now);
    await directory.read(PAYMENTS);
    await directory.read({ ...PAYMENTS, namespace: 'eu' });
    expect(lists).to.equal(2 * SEARCH);
  });
});
