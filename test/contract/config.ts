import { expect } from 'chai';
import { defaultsEntry, type Entry, resolverEntry } from '../../src/core/entries.js';
import { isStoredAs } from '../../src/core/stored-as.js';
import { type Answer, type Ask, within } from './ask.js';

const RESOLVER = {
  Kind: 'service-resolver',
  Name: 'shop',
  ConnectTimeout: '3s',
  Subsets: {
    blue: { Filter: 'Service.Meta.version == "2"' },
    green: { Filter: 'Service.Meta.version == "3"', OnlyPassing: true },
  },
};
const split = (blue: number, meta: Record<string, string> = {}) => ({
  Kind: 'service-splitter',
  Name: 'shop',
  Splits: [
    { Weight: blue, ServiceSubset: 'blue' },
    { Weight: 100 - blue, ServiceSubset: 'green' },
  ],
  Meta: meta,
});

/** Config entries: shapes, compare-and-set, blocking. */
export function describeConfig(ask: Ask): void {
  describe('config entries', () => {
    const put = (body: unknown, query = '') => ask('PUT', `/v1/config${query}`, body);
    const get = (kind: string, name = 'shop', query = '') => ask('GET', `/v1/config/${kind}/${name}${query}`);

    before(async () => {
      expect((await put({ Kind: 'service-defaults', Name: 'shop', Protocol: 'http' })).text.trim()).to.equal('true');
      expect((await put(RESOLVER)).json).to.equal(true);
    });

    it('answers an entry in canonical form with hash and indexes', async () => {
      const { json, headers, text } = await get('service-resolver');
      expect(json).to.deep.include(RESOLVER);
      expect(json).to.have.all.keys(...Object.keys(RESOLVER), 'Hash', 'CreateIndex', 'ModifyIndex');
      expect(text).to.match(/"Hash":\s*\d{15,20}/);
      expect(headers.get('x-consul-knownleader')).to.equal('true');
      expect(headers.get('x-consul-lastcontact')).to.equal('0');
      expect(headers.get('x-consul-query-backend')).to.equal('blocking-query');
      expect(headers.get('x-consul-default-acl-policy')).to.equal('allow');
      expect(headers.get('content-type')).to.equal('application/json');
      const defaults = await get('service-defaults');
      expect(defaults.json).to.deep.include({ Protocol: 'http', TransparentProxy: {}, MeshGateway: {}, Expose: {} });
    });

    it('takes snake_case, any letter case and weakly typed values, and sorts Meta', async () => {
      const odd = {
        kind: 'service-splitter',
        name: 'shop',
        splits: [
          { weight: '33.333', service_subset: 'blue' },
          { Weight: 66.667, ServiceSubset: 'green' },
        ],
        meta: { n: 1, b: true, z: '' },
      };
      expect((await put(odd)).json).to.equal(true);
      const { json } = await get('service-splitter');
      expect(json.Splits).to.deep.equal([
        { Weight: 33.33, ServiceSubset: 'blue' },
        { Weight: 66.67, ServiceSubset: 'green' },
      ]);
      expect(json.Meta).to.deep.equal({ b: '1', n: '1', z: '' });
      expect(Object.keys(json.Meta)).to.deep.equal(['b', 'n', 'z']);
    });

    it('stores what splitter writes so that it is known again', async () => {
      const stored = async (kind: string) => {
        const { json } = await get(kind);
        return { entry: json as Entry, modifyIndex: Number(json.ModifyIndex) };
      };
      const subsets = [{ name: 'green', filter: 'Service.Meta.version == "4"' }];
      const written: readonly Entry[] = [
        defaultsEntry(await stored('service-defaults'), 'shop', 'http'),
        resolverEntry(await stored('service-resolver'), 'shop', subsets),
        split(33.33, { 'external-source': 'splitter', 'splitter-seq': '7', 'splitter-message': 'at 33.33% — "quoted"' }),
        {
          Kind: 'service-router',
          Name: 'shop',
          Routes: [{ Match: { HTTP: { PathPrefix: '/' } }, Destination: { Service: 'shop' } }],
        },
      ];
      for (const entry of written) {
        expect((await put(entry)).json).to.equal(true);
        const write = { kind: entry.Kind as 'service-splitter', name: 'shop', entry, cas: 0, why: '' };
        expect(isStoredAs(write, await stored(String(entry.Kind))), String(entry.Kind)).to.equal(true);
        const other = { ...write, entry: { ...entry, Meta: { 'splitter-seq': '8' } } };
        expect(isStoredAs(other, await stored(String(entry.Kind))), `another ${entry.Kind}`).to.equal(false);
      }
      expect((await ask('DELETE', '/v1/config/service-router/shop')).status).to.equal(200);
      expect((await put(RESOLVER)).json).to.equal(true);
    });

    it('keeps Hash, CreateIndex and ModifyIndex of a body that is sent back out of the entry', async () => {
      const { json } = await get('service-splitter');
      expect((await put({ ...json, Hash: 1, CreateIndex: 1, ModifyIndex: 1 })).json).to.equal(true);
      expect((await get('service-splitter')).json.ModifyIndex).to.equal(json.ModifyIndex);
    });

    it('compares ModifyIndex with cas, and answers false without a change', async () => {
      await put(split(100, { seq: '1' }));
      const first = (await get('service-splitter')).json;
      for (const cas of ['0', '1', '999999']) expect((await put(split(90), `?cas=${cas}`)).json).to.equal(false);
      expect((await get('service-splitter')).json).to.deep.equal(first);
      expect((await put(split(90, { seq: '2' }), `?cas=${first.ModifyIndex}`)).json).to.equal(true);
      const second = (await get('service-splitter')).json;
      expect(second.ModifyIndex).to.be.above(first.ModifyIndex);
      expect(second.CreateIndex).to.equal(first.CreateIndex);
      expect((await put(split(80), `?cas=${first.ModifyIndex}`)).json).to.equal(false);
    });

    it('answers true to identical content whatever the cas, and moves no index', async () => {
      await put(split(70));
      const before = (await get('service-splitter')).json;
      for (const query of ['', '?cas=0', '?cas=1', '?cas=999999']) expect((await put(split(70), query)).json).to.equal(true);
      expect((await get('service-splitter')).json.ModifyIndex).to.equal(before.ModifyIndex);
    });

    it('creates with cas=0 only what is absent, and writes unconditionally with an empty cas', async () => {
      const fresh = { ...RESOLVER, Name: 'fresh' };
      expect((await put(fresh, '?cas=7')).json).to.equal(false);
      expect((await put(fresh, '?cas=0')).json).to.equal(true);
      expect((await put({ ...fresh, ConnectTimeout: '4s' }, '?cas=0')).json).to.equal(false);
      expect((await put({ ...fresh, ConnectTimeout: '4s' }, '?cas=')).json).to.equal(true);
      expect((await get('service-resolver', 'fresh')).json.ConnectTimeout).to.equal('4s');
    });

    it('deletes by cas: false for a stale one, true for the right one or when it was absent', async () => {
      const { ModifyIndex } = (await get('service-resolver', 'fresh')).json;
      for (const cas of [0, 1])
        expect((await ask('DELETE', `/v1/config/service-resolver/fresh?cas=${cas}`)).json).to.equal(false);
      expect((await ask('DELETE', `/v1/config/service-resolver/fresh?cas=${ModifyIndex}`)).json).to.equal(true);
      expect((await ask('DELETE', '/v1/config/service-resolver/fresh?cas=5')).json).to.equal(true);
      expect((await ask('DELETE', '/v1/config/service-resolver/fresh')).json).to.deep.equal({});
      const gone = await get('service-resolver', 'fresh');
      expect([gone.status, gone.text]).to.deep.equal([404, 'Config entry not found for "service-resolver" / "fresh"']);
      expect(gone.index).to.be.above(0);
    });

    it('lists a kind, and an empty kind as an empty list', async () => {
      const { json } = await ask('GET', '/v1/config/service-splitter');
      expect(json.map((entry: { Name: string }) => entry.Name)).to.deep.equal(['shop']);
      expect((await ask('GET', '/v1/config/service-router')).json).to.deep.equal([]);
      for (const kind of ['mesh', 'http-route', 'tcp-route', 'bound-api-gateway', 'exported-services', 'service-intentions']) {
        const { status, json } = await ask('GET', `/v1/config/${kind}`);
        expect([kind, status, json]).to.deep.equal([kind, 200, []]);
      }
      expect((await ask('GET', '/v1/config/service-defaults?filter=Name==shop')).json).to.have.length(1);
    });

    /** Consul may answer a held read early, with what was there before: whoever waits for a change asks again. */
    async function heldUntilChanged(path: string, before: Answer): Promise<Answer> {
      for (;;) {
        const answer = await ask('GET', `${path}?index=${before.index}&wait=20s`);
        if (answer.text !== before.text) return answer;
      }
    }

    it('holds a read of one entry until that entry changes, and not for others', async () => {
      const before = await get('service-splitter');
      const held = heldUntilChanged('/v1/config/service-splitter/shop', before);
      await put({ ...RESOLVER, Name: 'other' });
      await put(split(70));
      expect((await put(split(71), '?cas=1')).json).to.equal(false);
      await ask('PUT', '/v1/kv/unrelated', 'x');
      expect(await within(held, 200)).to.equal('still waiting');
      await put(split(60));
      const woken = await held;
      expect(woken.json.Splits[0].Weight).to.equal(60);
      expect(woken.index).to.be.above(before.index);
    });

    it('holds a read of an absent entry until it is there', async () => {
      const before = await get('service-splitter', 'later');
      expect(before.status).to.equal(404);
      const held = heldUntilChanged('/v1/config/service-splitter/later', before);
      await put({ Kind: 'service-defaults', Name: 'later', Protocol: 'http' });
      expect(await within(held, 150)).to.equal('still waiting');
      await put({ Kind: 'service-splitter', Name: 'later', Splits: [{ Weight: 100 }] });
      expect((await held).json.Name).to.equal('later');
    });

    it('holds a list until any entry of the kind changes, and not for other kinds', async () => {
      const before = await ask('GET', '/v1/config/service-splitter');
      const held = heldUntilChanged('/v1/config/service-splitter', before);
      await put({ ...RESOLVER, Name: 'other2' });
      expect(await within(held, 150)).to.equal('still waiting');
      await put(split(50));
      expect((await held).json).to.have.length(2);
    });

    it('gives the same entry back when the wait is over', async () => {
      const { index, json } = await get('service-splitter');
      const held = await get('service-splitter', 'shop', `?index=${index}&wait=100ms`);
      expect([held.status, held.json]).to.deep.equal([200, json]);
      expect(held.index).to.equal(index);
    });

    it('keeps proxy-defaults under the name global only', async () => {
      const config = { envoy_prometheus_bind_addr: '0.0.0.0:9102', n: 1 };
      expect((await put({ Kind: 'proxy-defaults', Name: 'global', Config: config })).json).to.equal(true);
      const { json } = await get('proxy-defaults', 'global');
      expect(json).to.deep.include({ Config: config, TransparentProxy: {}, MeshGateway: {}, Expose: {}, AccessLogs: {} });
      expect((await ask('DELETE', '/v1/config/proxy-defaults/global')).json).to.deep.equal({});
    });
  });
}
