import { expect } from 'chai';
import { type Ask, within } from './ask.js';

/** The key-value store. */
export function describeKeys(ask: Ask): void {
  describe('keys', () => {
    const kv = (method: string, path: string, body?: string) => ask(method, `/v1/kv/${path}`, body);

    it('answers an absent key with 404, no body and an index', async () => {
      for (const query of ['', '?raw', '?recurse', '?keys']) {
        const absent = await kv('GET', `none${query}`);
        expect([absent.status, absent.text]).to.deep.equal([404, '']);
        expect(absent.index).to.be.above(0);
      }
    });

    it('writes and reads: base64, raw, flags, recurse, keys, separator', async () => {
      expect((await kv('PUT', 'a/b', 'hello')).json).to.equal(true);
      expect((await kv('PUT', 'a/c?flags=42', 'world')).json).to.equal(true);
      const [{ CreateIndex, ModifyIndex, ...record }] = (await kv('GET', 'a/b')).json;
      expect(record).to.deep.equal({ LockIndex: 0, Key: 'a/b', Flags: 0, Value: 'aGVsbG8=' });
      expect(CreateIndex).to.equal(ModifyIndex);
      expect((await kv('GET', 'a/b')).index).to.equal(ModifyIndex);
      const raw = await kv('GET', 'a/b?raw');
      expect([raw.text, raw.headers.get('content-type')]).to.deep.equal(['hello', 'text/plain; charset=utf-8']);
      expect(
        (await kv('GET', 'a?recurse')).json.map((each: { Key: string; Flags: number }) => [each.Key, each.Flags]),
      ).to.deep.equal([
        ['a/b', 0],
        ['a/c', 42],
      ]);
      expect((await kv('GET', 'a?keys')).json).to.deep.equal(['a/b', 'a/c']);
      expect((await kv('GET', 'a/?keys&separator=/')).json).to.deep.equal(['a/b', 'a/c']);
      expect((await kv('GET', '?keys&separator=/')).json).to.include('a/');
      await kv('PUT', 'empty');
      expect((await kv('GET', 'empty')).json[0].Value).to.equal(null);
    });

    it('compares ModifyIndex with cas, on writing and on deleting', async () => {
      for (const cas of ['0', '1']) expect((await kv('PUT', `a/b?cas=${cas}`, 'x')).json).to.equal(false);
      expect((await kv('PUT', 'new?cas=5', 'x')).json).to.equal(false);
      expect((await kv('PUT', 'new?cas=0', 'x')).json).to.equal(true);
      const { ModifyIndex } = (await kv('GET', 'new')).json[0];
      for (const cas of [0, 1]) expect((await kv('DELETE', `new?cas=${cas}`)).json).to.equal(false);
      expect((await kv('DELETE', `new?cas=${ModifyIndex}`)).json).to.equal(true);
      expect((await kv('DELETE', 'new?cas=4')).json).to.equal(true);
      expect((await kv('DELETE', 'new')).json).to.equal(true);
    });

    it('refuses no key, numbers that are none, and flags that conflict', async () => {
      for (const [method, path, status, text] of [
        ['GET', '', 400, 'Missing key name'],
        ['PUT', '', 400, 'Missing key name'],
        ['DELETE', '', 400, 'Missing key name'],
        ['PUT', 'k?cas=abc', 500, 'strconv.ParseUint: parsing "abc": invalid syntax'],
        ['PUT', 'k?cas=', 500, 'strconv.ParseUint: parsing "": invalid syntax'],
        ['PUT', 'k?flags=abc', 500, 'strconv.ParseUint: parsing "abc": invalid syntax'],
        ['PUT', 'k?acquire=a&release=b', 400, 'Conflicting flags: acquire=a&release=b\n'],
        ['DELETE', 'k?recurse&cas=3', 400, 'Conflicting flags: cas=3&recurse=\n'],
        ['PUT', 'k?acquire=nope', 500, 'raft apply failed: invalid session "nope"'],
        ['PUT', 'k?acquire=', 500, 'raft apply failed: missing session'],
      ] as const) {
        const refused = await kv(method, path, method === 'PUT' ? 'x' : undefined);
        expect([refused.status, refused.text]).to.deep.equal([status, text]);
      }
    });

    it('holds readers of a key and of a prefix until something in them changes; those of an empty prefix until any key changes', async () => {
      await kv('PUT', 'w/one', '1');
      const key = await kv('GET', 'w/one');
      const prefix = await kv('GET', 'w/?recurse');
      const absent = await kv('GET', 'v/?recurse');
      const heldKey = kv('GET', `w/one?index=${key.index}&wait=20s`);
      const heldPrefix = kv('GET', `w/?recurse&index=${prefix.index}&wait=20s`);
      const heldAbsent = kv('GET', `v/?recurse&index=${absent.index}&wait=20s`);
      await kv('PUT', 'elsewhere', '1');
      expect(await within(Promise.race([heldKey, heldPrefix]), 150)).to.equal('still waiting');
      await kv('PUT', 'w/two', '2');
      expect((await heldPrefix).json).to.have.length(2);
      expect(await within(heldKey, 100)).to.equal('still waiting');
      await kv('DELETE', 'w/one');
      expect((await heldKey).status).to.equal(404);
      expect((await heldAbsent).status).to.equal(404);
    });

    it('moves the index of a prefix when something in it is deleted, also by recurse', async () => {
      await kv('PUT', 't/1', '1');
      await kv('PUT', 't/2', '1');
      const before = await kv('GET', 't/?keys');
      await kv('DELETE', 't/1');
      const after = await kv('GET', 't/?keys');
      expect(after.index).to.be.above(before.index);
      expect((await kv('DELETE', 't/?recurse')).json).to.equal(true);
      expect((await kv('GET', 't/?keys')).status).to.equal(404);
    });
  });
}
