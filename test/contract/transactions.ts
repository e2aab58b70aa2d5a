import { expect } from 'chai';
import type { Ask } from './ask.js';

/** Transactions of keys, as the decision log uses them. */
export function describeTransactions(ask: Ask): void {
  describe('transactions', () => {
    const cas = (key: string, value: string, index: number) => ({
      KV: { Verb: 'cas', Key: key, Value: Buffer.from(value).toString('base64'), Index: index },
    });
    const indexOf = async (key: string): Promise<number> => (await ask('GET', `/v1/kv/${key}`)).json[0].ModifyIndex;

    it('write several keys at once, each by compare-and-set, and answer with their indexes and without their values', async () => {
      const first = await ask('PUT', '/v1/txn', [cas('txn/a', 'one', 0), cas('txn/b', 'two', 0)]);
      expect([first.status, first.json.Errors]).to.deep.equal([200, null]);
      const kept = first.json.Results.map(({ KV }: { KV: { Key: string; Value: unknown } }) => [KV.Key, KV.Value]);
      expect(kept).to.deep.equal([
        ['txn/a', null],
        ['txn/b', null],
      ]);
      const [a, b] = first.json.Results.map(({ KV }: { KV: { ModifyIndex: number } }) => KV.ModifyIndex);
      expect([a, b]).to.deep.equal([await indexOf('txn/a'), await indexOf('txn/b')]);
      expect(a).to.equal(b);
      const second = await ask('PUT', '/v1/txn', [cas('txn/a', 'three', a)]);
      expect(second.json.Results[0].KV.ModifyIndex).to.be.greaterThan(a);
      expect((await ask('GET', '/v1/kv/txn/a?raw')).text).to.equal('three');
    });

    it('write nothing and answer 409 with each stale operation when one of them is stale', async () => {
      await ask('PUT', '/v1/txn', [cas('txn/c', 'one', 0)]);
      const index = await indexOf('txn/c');
      for (const stale of [0, index - 1, index + 1]) {
        const lost = await ask('PUT', '/v1/txn', [cas('txn/d', 'new', 0), cas('txn/c', 'two', stale), cas('txn/e', 'new', 0)]);
        expect([lost.status, lost.json.Results]).to.deep.equal([409, null]);
        expect(lost.json.Errors.map(({ OpIndex }: { OpIndex: number }) => OpIndex)).to.deep.equal([1]);
        expect(lost.json.Errors[0].What).to.match(/txn\/c.*index is stale/);
      }
      expect((await ask('GET', '/v1/kv/txn/c?raw')).text).to.equal('one');
      for (const key of ['txn/d', 'txn/e']) expect((await ask('GET', `/v1/kv/${key}`)).status).to.equal(404);
    });

    it('wake who waits for one of their keys', async () => {
      const { index } = await ask('GET', '/v1/kv/txn/waited');
      const held = ask('GET', `/v1/kv/txn/waited?index=${index}&wait=20s`);
      await ask('PUT', '/v1/txn', [cas('txn/waited', 'here', 0)]);
      expect((await held).status).to.equal(200);
    });

    it('take 128 operations and refuse one more with 413', async () => {
      const many = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => cas(`txn/${prefix}/${i}`, 'x', 0));
      expect((await ask('PUT', '/v1/txn', many(128, 'fit'))).status).to.equal(200);
      const refused = await ask('PUT', '/v1/txn', many(129, 'over'));
      expect([refused.status, refused.text]).to.deep.equal([413, 'Transaction contains too many operations (129 > 128)']);
      expect((await ask('GET', '/v1/kv/txn/over/0')).status).to.equal(404);
    });
  });
}
