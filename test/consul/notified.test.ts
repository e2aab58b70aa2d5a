import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { Notified } from '../../src/consul/notified.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';

describe('how far channels were told, in KV', () => {
  let sandbox: Sandbox;
  let client: ConsulClient;
  let kv: ConsulKv;
  before(async () => {
    sandbox = await startSandbox();
    client = new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: sandbox.consulAddress }));
    kv = new ConsulKv(client);
  });
  after(async () => {
    client.destroy();
    await sandbox.stop();
  });

  it('is nothing at first, then what was written, and is written by one at a time', async () => {
    const notified = new Notified(kv, 'own');
    expect(await notified.read('payments')).to.deep.equal({ places: {}, index: 0 });
    const places = { 'slack-1': { rollout: '01A', seq: 3 } };
    expect(await notified.write('payments', places, 0)).to.equal(true);
    expect(await notified.write('payments', {}, 0)).to.equal(false);
    const read = await notified.read('payments');
    expect(read.places).to.deep.equal(places);
    expect(await kv.keys('own/')).to.deep.equal(['own/notified/payments']);
    expect(await notified.write('payments', {}, read.index)).to.equal(true);
  });

  for (const [text, places] of [
    ['no JSON', {}],
    ['[1]', {}],
    [
      '{"a":{"rollout":"01A","seq":1},"b":{"rollout":1,"seq":1},"c":null,"d":{"rollout":"01A"}}',
      { a: { rollout: '01A', seq: 1 } },
    ],
  ] as const) {
    it(`takes ${text} for what can be read of it`, async () => {
      await kv.write('own/notified/odd', text, (await kv.read('own/notified/odd')).found?.modifyIndex ?? 0);
      expect((await new Notified(kv, 'own/').read('odd')).places).to.deep.equal(places);
    });
  }
});
