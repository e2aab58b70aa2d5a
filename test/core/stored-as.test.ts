import { expect } from 'chai';
import type { Entry } from '../../src/core/entries.js';
import { isStoredAs } from '../../src/core/stored-as.js';

const SPLITTER: Entry = {
  Kind: 'service-splitter',
  Name: 'payments',
  Splits: [
    { Weight: 66.67, ServiceSubset: 'blue' },
    { Weight: 33.33, ServiceSubset: 'green' },
  ],
  Meta: { 'splitter-seq': '7' },
};
const RESOLVER: Entry = { Kind: 'service-resolver', Name: 'payments', Subsets: { blue: { Filter: 'a' } } };

function check(entry: Entry | undefined, stored: Entry | undefined): boolean {
  const kind = 'service-splitter';
  const found = stored === undefined ? undefined : { entry: stored, modifyIndex: 9 };
  return isStoredAs({ kind, name: 'payments', entry, cas: 8, why: '' }, found);
}

const CASES: readonly (readonly [says: string, wrote: Entry | undefined, stored: Entry | undefined, expected: boolean])[] = [
  ['the same', SPLITTER, { ...SPLITTER }, true],
  ["with the server's own fields", SPLITTER, { ...SPLITTER, CreateIndex: 3, ModifyIndex: 9, Hash: 12 }, true],
  ['with what Consul writes where nothing was', RESOLVER, { ...RESOLVER, Namespace: 'default', Partition: 'default' }, true],
  [
    'with empty fields that nobody wrote',
    RESOLVER,
    { ...RESOLVER, Expose: {}, MeshGateway: { Mode: '' }, LoadBalancer: null },
    true,
  ],
  ['without empty fields that were written', { ...RESOLVER, DefaultSubset: '', Failover: {} }, RESOLVER, true],
  ['weights as float32', SPLITTER, JSON.parse(JSON.stringify(SPLITTER).replace('66.67', '66.66999816894531')), true],
  ['a later record', SPLITTER, { ...SPLITTER, Meta: { 'splitter-seq': '8' } }, false],
  ['other weights', SPLITTER, { ...SPLITTER, Splits: [{ Weight: 100, ServiceSubset: 'blue' }] }, false],
  ['legs turned round', SPLITTER, { ...SPLITTER, Splits: [...(SPLITTER.Splits as unknown[])].reverse() }, false],
  ['a field that was to go', RESOLVER, { ...RESOLVER, DefaultSubset: 'green' }, false],
  ['a subset that was to go', RESOLVER, { ...RESOLVER, Subsets: { blue: { Filter: 'a' }, green: { Filter: 'b' } } }, false],
  ['another namespace', { ...RESOLVER, Namespace: 'eu' }, { ...RESOLVER, Namespace: 'default' }, false],
  ['none, as it should be', undefined, undefined, true],
  ['one that was to go', undefined, SPLITTER, false],
  ['none where one was written', SPLITTER, undefined, false],
];

describe('isStoredAs', () => {
  for (const [says, wrote, stored, expected] of CASES)
    it(`${expected ? 'takes' : 'does not take'} for its own: ${says}`, () => {
      expect(check(wrote, stored)).to.equal(expected);
    });
});
