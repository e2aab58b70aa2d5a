import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { LogBook } from '../../src/consul/log-book.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { Store } from '../../src/consul/store.js';
import { type LogEntry, logEntry } from '../../src/core/history.js';
import { type Consul, startConsul } from '../../src/sandbox/consul/serve.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { makeRollout, NOON } from '../support/world.js';

const entry = (seq: number, message = `decision ${seq}`): LogEntry =>
  logEntry(makeRollout(10, { seq, message }), NOON + seq, [], seq, seq + 1);
const txn = ({ path }: { readonly path: string }): boolean => path === '/v1/txn';

describe('the decision log of many rollouts', () => {
  let consul: Consul;
  let proxy: FaultyConsul;
  let clients: ConsulClient[];
  let book: LogBook;
  let direct: Store;

  const open = (address: string): { client: ConsulClient; store: Store } => {
    const client = new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: address }));
    clients.push(client);
    return { client, store: new Store(new ConsulKv(client), 'splitter') };
  };
  beforeEach(async () => {
    clients = [];
    consul = await startConsul();
    proxy = await startFaultyConsul(consul.address);
    const own = open(proxy.address);
    book = new LogBook(own.client, own.store);
    direct = open(consul.address).store;
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await proxy.stop();
    await consul.stop();
  });

  const logged = async (service: string, rollout = 'r1'): Promise<readonly string[]> =>
    (await direct.readHistory(service, rollout)).entries.map(({ seq, message }) => `${seq} ${message}`);
  const transactions = (): number => proxy.counts()['PUT txn'] ?? 0;

  it('writes what comes together in one transaction', async () => {
    const services = Array.from({ length: 20 }, (_, i) => `s${i}`);
    await Promise.all(services.map((service) => book.log(service, 'r1', [entry(1)])));
    expect([transactions(), proxy.counts()['PUT kv'] ?? 0]).to.deep.equal([1, 0]);
    for (const service of services) expect(await logged(service)).to.deep.equal(['1 decision 1']);
  });

  it('more than fits goes into several', async () => {
    const services = Array.from({ length: 100 }, (_, i) => `s${i}`);
    await Promise.all(services.map((service) => book.log(service, 'r1', [entry(1)])));
    const large = 'x'.repeat(120_000);
    await Promise.all(['t1', 't2', 't3'].map((service) => book.log(service, 'r1', [entry(1, large)])));
    for (const service of services) expect(await logged(service)).to.deep.equal(['1 decision 1']);
    for (const service of ['t1', 't2', 't3']) expect(await logged(service)).to.deep.equal([`1 ${large}`]);
    expect(transactions()).to.be.at.least(4);
  });

  it('keeps the order of one log, also where entries come while others are being written', async () => {
    const seqs = Array.from({ length: 12 }, (_, i) => i + 1);
    await Promise.all(seqs.map((seq) => book.log('a', 'r1', [entry(seq)])));
    expect(await logged('a')).to.deep.equal(seqs.map((seq) => `${seq} decision ${seq}`));
  });

  it('reads a log once, and then writes it without reading', async () => {
    await book.log('a', 'r1', [entry(1)]);
    proxy.forget();
    for (const seq of [2, 3, 4]) await book.log('a', 'r1', [entry(seq)]);
    expect(proxy.counts()).to.deep.equal({ 'PUT txn': 3 });
    expect(await logged('a')).to.have.length(4);
  });

  it('a log that somebody else has changed is read again, and so are its neighbours: nobody loses an entry', async () => {
    for (const service of ['a', 'b', 'c']) await book.log(service, 'r1', [entry(1)]);
    await direct.log('b', 'r1', [entry(2, 'by a terminal')]);
    await Promise.all(['a', 'b', 'c'].map((service) => book.log(service, 'r1', [entry(3)])));
    for (const service of ['a', 'c']) expect(await logged(service)).to.deep.equal(['1 decision 1', '3 decision 3']);
    expect(await logged('b')).to.deep.equal(['1 decision 1', '2 by a terminal', '3 decision 3']);
    await book.log('b', 'r1', [entry(4)]);
    expect((await logged('b')).at(-1)).to.equal('4 decision 4');
  });

  it('keeps the plans that a rollout has followed', async () => {
    await book.log('a', 'r1', [entry(1)]);
    await book.recordPlan('a', 'r1', 'digest', { service: 'a' } as never, 'a.yaml');
    await book.log('a', 'r1', [entry(2)]);
    const { plans, entries } = await direct.readHistory('a', 'r1');
    expect([plans.digest?.source, entries.length]).to.deep.equal(['a.yaml', 2]);
  });

  for (const trouble of [
    { kind: 'answer', status: 500, text: 'No cluster leader' },
    { kind: 'answer', status: 429, text: 'rate limit exceeded' },
    { kind: 'cut', when: 'before' },
    { kind: 'cut', when: 'after' },
  ] as const)
    it(`rejects each entry when the transaction meets ${JSON.stringify(trouble)}; a second try adds it once`, async () => {
      await book.log('a', 'r1', [entry(1)]);
      const end = proxy.fail(trouble, txn);
      const tries = await Promise.allSettled(['a', 'b'].map((service) => book.log(service, 'r1', [entry(2)])));
      expect(tries.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
      end();
      await Promise.all(['a', 'b'].map((service) => book.log(service, 'r1', [entry(2), entry(3)])));
      expect(await logged('a')).to.deep.equal(['1 decision 1', '2 decision 2', '3 decision 3']);
      expect(await logged('b')).to.deep.equal(['2 decision 2', '3 decision 3']);
    });

  it('a log that cannot be read is rejected alone', async () => {
    const end = proxy.fail(
      { kind: 'answer', status: 500, text: 'No cluster leader' },
      ({ method, path }) => method === 'GET' && path.includes('/history/bad/'),
    );
    const tries = await Promise.allSettled(['good', 'bad'].map((service) => book.log(service, 'r1', [entry(1)])));
    expect(tries.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
    end();
    expect(await logged('good')).to.deep.equal(['1 decision 1']);
  });
});
