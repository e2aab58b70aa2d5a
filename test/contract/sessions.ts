import { expect } from 'chai';
import { type Ask, within } from './ask.js';

const NONE = '00000000-0000-0000-0000-000000000000';

/** Sessions and the locks that they hold. */
export function describeSessions(ask: Ask): void {
  describe('sessions', () => {
    const create = async (body: object): Promise<string> =>
      (await ask('PUT', '/v1/session/create', { TTL: '600s', NodeChecks: [], ...body })).json.ID;
    const lock = async () => (await ask('GET', '/v1/kv/lock')).json[0];

    it('are made, shown, renewed and listed', async () => {
      const id = await create({ Name: 'q', LockDelay: '1ms', Behavior: 'delete' });
      const { json, index } = await ask('GET', `/v1/session/info/${id}`);
      expect(json).to.deep.equal([
        {
          ID: id,
          Name: 'q',
          Node: 'sandbox',
          LockDelay: 1_000_000,
          Behavior: 'delete',
          TTL: '600s',
          NodeChecks: [],
          ServiceChecks: null,
          CreateIndex: json[0].CreateIndex,
          ModifyIndex: json[0].CreateIndex,
        },
      ]);
      expect(index).to.be.above(0);
      expect((await ask('PUT', `/v1/session/renew/${id}`)).json).to.deep.equal(json);
      expect((await ask('GET', '/v1/session/list')).json.map((each: { ID: string }) => each.ID)).to.include(id);
      const bare = (await ask('PUT', '/v1/session/create')).json.ID;
      expect((await ask('GET', `/v1/session/info/${bare}`)).json[0]).to.deep.include({
        LockDelay: 15_000_000_000,
        Behavior: 'release',
        TTL: '',
        NodeChecks: ['serfHealth'],
      });
      for (const [given, kept] of [
        ['0s', 0],
        ['90s', 90_000_000_000],
      ] as const) {
        const other = await create({ LockDelay: given });
        expect((await ask('GET', `/v1/session/info/${other}`)).json[0].LockDelay).to.equal(kept);
      }
    });

    it("are refused with Consul's words", async () => {
      for (const [body, status, text] of [
        [{ TTL: '9s' }, 500, "Invalid Session TTL '9000000000', must be between [10s=24h0m0s]"],
        [{ TTL: 'zz' }, 500, 'Session TTL \'zz\' invalid: time: invalid duration "zz"'],
        [{ Behavior: 'x' }, 500, "Invalid Behavior setting 'x'"],
        [{ LockDelay: 'zz' }, 400, 'Request decode failed: time: invalid duration "zz"'],
        [{ NodeChecks: ['nope'] }, 500, "apply failed: Missing check 'nope' registration"],
        [{ Node: 'nope' }, 500, 'apply failed: Missing node registration'],
      ] as const) {
        const refused = await ask('PUT', '/v1/session/create', body);
        expect([refused.status, refused.text]).to.deep.equal([status, text]);
      }
      const renew = await ask('PUT', `/v1/session/renew/${NONE}`);
      expect([renew.status, renew.text]).to.deep.equal([404, `Session id '${NONE}' not found`]);
      expect((await ask('GET', `/v1/session/info/${NONE}`)).json).to.deep.equal([]);
      expect((await ask('PUT', `/v1/session/destroy/${NONE}`)).json).to.equal(true);
      expect((await ask('PUT', '/v1/session/renew/')).text).to.equal('Missing session');
    });

    it('lock a key for one holder, which may write it again without a new LockIndex', async () => {
      const [one, two] = [await create({}), await create({})];
      expect((await ask('PUT', `/v1/kv/lock?acquire=${one}`, 'v1')).json).to.equal(true);
      expect(await lock()).to.deep.include({ LockIndex: 1, Session: one, Value: 'djE=' });
      expect((await ask('PUT', `/v1/kv/lock?acquire=${one}`, 'v2')).json).to.equal(true);
      expect(await lock()).to.deep.include({ LockIndex: 1, Session: one, Value: 'djI=' });
      expect((await ask('PUT', `/v1/kv/lock?acquire=${two}`, 'v3')).json).to.equal(false);
      expect((await ask('PUT', `/v1/kv/lock?release=${two}`, 'v3')).json).to.equal(false);
      expect((await ask('PUT', `/v1/kv/lock?release=${one}`, 'v4')).json).to.equal(true);
      expect(await lock())
        .to.deep.include({ LockIndex: 1, Value: 'djQ=' })
        .and.not.have.property('Session');
      expect((await ask('PUT', `/v1/kv/lock?release=${one}`, 'v4')).json).to.equal(false);
      expect((await ask('PUT', `/v1/kv/lock?acquire=${two}`, 'v5')).json).to.equal(true);
      expect((await lock()).LockIndex).to.equal(2);
    });

    it('let a plain write over a held key through', async () => {
      const id = await create({});
      await ask('PUT', `/v1/kv/plain?acquire=${id}`, 'v1');
      expect((await ask('PUT', '/v1/kv/plain', 'over')).json).to.equal(true);
      const over = (await ask('GET', '/v1/kv/plain')).json[0];
      expect(over).to.deep.include({ LockIndex: 0, Value: 'b3Zlcg==', Session: id });
    });

    it('release their keys when they end, wake their readers, and hold the lock back for the delay', async () => {
      const [brief, next] = [await create({ LockDelay: '1ms' }), await create({ LockDelay: '15s' })];
      await ask('PUT', `/v1/kv/held?acquire=${brief}`, 'x');
      const { index } = await ask('GET', '/v1/kv/held');
      const held = ask('GET', `/v1/kv/held?index=${index}&wait=20s`);
      expect(await within(held, 50)).to.equal('still waiting');
      expect((await ask('PUT', `/v1/session/destroy/${brief}`)).json).to.equal(true);
      expect((await held).json[0]).to.not.have.property('Session');
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect((await ask('PUT', `/v1/kv/held?acquire=${next}`, 'y')).json).to.equal(true);
      await ask('PUT', `/v1/session/destroy/${next}`);
      const third = await create({});
      expect((await ask('PUT', `/v1/kv/held?acquire=${third}`, 'z')).json).to.equal(false);
    });

    it('delete their keys when they end, where they are asked to', async () => {
      const id = await create({ Behavior: 'delete' });
      await ask('PUT', `/v1/kv/doomed?acquire=${id}`, 'x');
      await ask('PUT', `/v1/session/destroy/${id}`);
      expect((await ask('GET', '/v1/kv/doomed')).status).to.equal(404);
    });
  });
}
