import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { FreezeKey } from '../../src/consul/freeze-key.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { isFrozen } from '../../src/core/schedule/freeze.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';

describe('the key of the freeze', () => {
  let sandbox: Sandbox;
  let client: ConsulClient;
  let kv: ConsulKv;
  let key: FreezeKey;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 0 });
    client = new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: sandbox.consulAddress }));
    kv = new ConsulKv(client);
    key = new FreezeKey(kv, 'splitter/');
  });
  afterEach(async () => {
    client.destroy();
    await sandbox.stop();
  });

  it('gives back what was written, with times that people can read', async () => {
    const freeze = { by: 'dana', reason: 'launch', since: 1_000, until: 9_000, ended: 5_000 };
    await key.change(() => freeze);
    expect((await key.readFreeze()).freeze).to.deep.equal(freeze);
    expect((await kv.read('splitter/freeze')).found?.value).to.include('"since":"1970-01-01T00:00:01');
  });

  it('tells of a change at once, by a blocking read', async () => {
    const { index } = await key.readFreeze();
    const told = key.readFreeze({ index });
    await key.change(() => ({ by: 'dana', reason: 'launch', since: 1_000 }));
    expect((await told).freeze?.reason).to.equal('launch');
  });

  for (const text of ['on', '{}', '[1]', '{"since":"now"}', ''])
    it(`takes ${JSON.stringify(text)} for a freeze: somebody wanted to stop something`, async () => {
      await kv.write('splitter/freeze', text, 0);
      const { freeze } = await key.readFreeze();
      expect(isFrozen(freeze, Date.now())).to.equal(true);
      expect(freeze?.reason).to.match(/splitter\/freeze/);
    });
});
