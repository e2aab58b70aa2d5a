import { expect } from 'chai';
import type { CatalogReader } from '../../src/signals/catalog-reader.js';
import { readEverywhere } from '../../src/signals/everywhere.js';
import { type Called, readProxies } from '../../src/signals/proxies.js';
import { NEVER, PAYMENTS, sidecar } from './fakes.js';

type Instances = Readonly<Record<string, readonly object[]>>;

/** Catalogs by datacenter; one that is undefined does not answer. */
function catalogs(of: Record<string, Instances | undefined>): { reader: CatalogReader; asked: string[] } {
  const asked: string[] = [];
  const reader: CatalogReader = {
    get: async (path, { dc = 'dc1' }) => {
      asked.push(`${dc} ${path}`);
      const own = of[dc];
      if (own === undefined) throw new Error(`${dc} does not answer`);
      const [, , , what, name] = path.split('/');
      if (what === 'services') return { body: Object.fromEntries(Object.keys(own).map((one) => [one, []])), hidden: false };
      return { body: own[name!] ?? [], hidden: false };
    },
  };
  return { reader, asked };
}

const at = (dc: string, address: string): object => ({ ...sidecar(address), Datacenter: dc });

describe('the catalogs of several datacenters', () => {
  const callersOf = async (reader: CatalogReader, target: Called = PAYMENTS) =>
    (await readProxies(reader, target, NEVER)).callersOf(target).map(({ address }) => address);

  it('tell the callers of each, by one name or by several', async () => {
    const { reader } = catalogs({
      dc1: { web: [at('dc1', '10.0.0.1:1')] },
      dc2: { web: [at('dc2', '10.0.0.2:1')], shop: [at('dc2', '10.0.0.3:1')] },
    });
    const all = readEverywhere(reader, async () => ['dc2']);
    expect(await callersOf(all)).to.have.members(['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']);
    expect(await callersOf(all, { ...PAYMENTS, datacenters: ['dc1'] })).to.deep.equal(['10.0.0.1:1']);
    expect(await callersOf(all, { ...PAYMENTS, datacenters: ['dc2'] })).to.have.members(['10.0.0.2:1', '10.0.0.3:1']);
  });

  it('keep what one said that does not answer now; the first one’s failure is thrown', async () => {
    const of: Record<string, Instances | undefined> = {
      dc1: { web: [at('dc1', '10.0.0.1:1')] },
      dc2: { shop: [at('dc2', '10.0.0.3:1')] },
    };
    const all = readEverywhere(catalogs(of).reader, async () => ['dc2']);
    expect(await callersOf(all)).to.have.length(2);
    of.dc2 = undefined;
    expect(await callersOf(all)).to.have.members(['10.0.0.1:1', '10.0.0.3:1']);
    of.dc1 = undefined;
    expect(await callersOf(all).catch((error: Error) => error.message)).to.equal('dc1 does not answer');
  });

  it('ask nobody else for what is no catalog, nor where there is one datacenter', async () => {
    const { reader, asked } = catalogs({ dc1: { web: [] }, dc2: {} });
    await readEverywhere(reader, async () => ['dc2']).get('/v1/discovery-chain/payments', {}, NEVER);
    await readEverywhere(reader, async () => []).get('/v1/catalog/service/web', {}, NEVER);
    expect(asked).to.deep.equal(['dc1 /v1/discovery-chain/payments', 'dc1 /v1/catalog/service/web']);
  });
});
