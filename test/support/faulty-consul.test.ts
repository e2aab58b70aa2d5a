import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import type { ConsulError } from '../../src/consul/errors.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { type Consul, startConsul } from '../../src/sandbox/consul/serve.js';
import { type FaultyConsul, type SeenRequest, startFaultyConsul, type Trouble } from './faulty-consul.js';
import { PeakRate } from './peak-rate.js';

describe('a faulty Consul', () => {
  let consul: Consul;
  let proxy: FaultyConsul;
  let client: ConsulClient;
  let kv: ConsulKv;
  let direct: ConsulKv;

  beforeEach(async () => {
    consul = await startConsul();
    proxy = await startFaultyConsul(consul.address);
    client = new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: proxy.address }));
    client.patience = 0;
    kv = new ConsulKv(client);
    direct = new ConsulKv(new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: consul.address })));
  });
  afterEach(async () => {
    client.destroy();
    await proxy.stop();
    await consul.stop();
  });

  const codeOf = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'ok',
      (error: ConsulError) => error.code,
    );
  const writes = ({ method }: SeenRequest): boolean => method === 'PUT';
  const stored = async (): Promise<string | undefined> => (await direct.read('a')).found?.value;

  it('passes everything on, counts it by kind, and logs the writes', async () => {
    expect(await kv.write('a', 'one', 0)).to.equal(true);
    expect((await kv.read('a')).found?.value).to.equal('one');
    await kv.read('b');
    expect(proxy.counts()).to.deep.equal({ 'PUT kv': 1, 'GET kv': 2 });
    expect([proxy.peak() > 0, proxy.peak('GET kv') > 0, proxy.peak('GET health')]).to.deep.equal([true, true, 0]);
    const [{ at: _, ...write } = { at: 0 }] = proxy.writes;
    expect(write).to.deep.equal({ method: 'PUT', url: '/v1/kv/a?cas=0', body: 'one', forwarded: true, told: 200 });
    proxy.forget();
    expect([proxy.counts(), proxy.peak(), proxy.writes]).to.deep.equal([{}, 0, []]);
  });

  const TABLE: readonly { readonly trouble: Trouble; readonly code: string; readonly kept: boolean }[] = [
    { trouble: { kind: 'answer', status: 429, text: 'rate limit exceeded' }, code: 'limited', kept: false },
    { trouble: { kind: 'answer', status: 503, text: 'not now' }, code: 'unreachable', kept: false },
    { trouble: { kind: 'answer', status: 500, text: 'No cluster leader' }, code: 'no-leader', kept: false },
    { trouble: { kind: 'answer', status: 500, text: 'rpc error making call: EOF' }, code: 'unknown-outcome', kept: false },
    { trouble: { kind: 'delay', ms: 50 }, code: 'ok', kept: true },
    { trouble: { kind: 'cut', when: 'before' }, code: 'unknown-outcome', kept: false },
    { trouble: { kind: 'cut', when: 'after' }, code: 'unknown-outcome', kept: true },
  ];
  for (const { trouble, code, kept } of TABLE)
    it(`${JSON.stringify(trouble)}: a write ends as ${code} and is ${kept ? 'applied' : 'not applied'}; reads are spared, and it ends`, async () => {
      const end = proxy.fail(trouble, writes);
      expect(await codeOf(kv.write('a', 'one', 0))).to.equal(code);
      expect(await stored()).to.equal(kept ? 'one' : undefined);
      expect(await codeOf(kv.read('a'))).to.equal('ok');
      expect(proxy.writes.map(({ forwarded }) => forwarded)).to.deep.equal([kept]);
      end();
      expect(await codeOf(kv.write('b', 'two', 0))).to.equal('ok');
    });

  it('fails so many times and no more', async () => {
    proxy.fail({ kind: 'answer', status: 429, text: 'rate limit exceeded' }, undefined, 2);
    const codes = [await codeOf(kv.read('a')), await codeOf(kv.read('a')), await codeOf(kv.read('a'))];
    expect(codes).to.deep.equal(['limited', 'limited', 'ok']);
  });

  it('holds a blocking query as long as Consul does, and cuts it with all others', async () => {
    const { index } = await kv.read('a');
    const woken = kv.read('a', { index });
    await direct.write('a', 'one', 0);
    expect((await woken).found?.value).to.equal('one');
    const held = codeOf(kv.read('a', { index: (await kv.read('a')).index }));
    while (proxy.counts()['GET kv'] !== 4) await new Promise((resolve) => setTimeout(resolve, 5));
    proxy.cutAll();
    expect(await held).to.equal('unreachable');
  });

  it('turns to another Consul', async () => {
    const other = await startConsul();
    await direct.write('a', 'one', 0);
    proxy.turnTo(other.address);
    expect((await kv.read('a')).found).to.equal(undefined);
    await other.stop();
  });
});

describe('PeakRate', () => {
  for (const [times, peak] of [
    [[], 0],
    [[0, 1_000, 2_000], 1],
    [[0, 999, 1_000], 2],
    [[0, 600, 900, 1_100, 1_500, 3_000], 4],
  ] as const)
    it(`of ${times.join(', ') || 'nothing'} is ${peak}`, () => {
      const rate = new PeakRate();
      for (const at of times) rate.add(at);
      expect([rate.total, rate.peak]).to.deep.equal([times.length, peak]);
    });
});
