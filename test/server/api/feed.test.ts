import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Hono } from 'hono';
import { EventFeed } from '../../../src/server/api/feed.js';
import { serve } from '../../../src/server/http.js';
import { until } from '../../support/shell.js';

const never = (): void => {
  throw new Error('nobody was to be cut');
};

describe('the feed of events', () => {
  const open: EventFeed[] = [];
  afterEach(() => {
    for (const feed of open.splice(0)) feed.close();
  });

  function start(options: ConstructorParameters<typeof EventFeed>[0] = {}): EventFeed {
    const feed = new EventFeed(options);
    open.push(feed);
    return feed;
  }

  /** What a stream has to give at once. */
  async function drain(stream: ReadableStream<Uint8Array>, feed: EventFeed): Promise<string> {
    feed.close();
    let text = '';
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    return text;
  }

  const names = (text: string): readonly string[] => [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name!);

  it('greets, and tells what concerns the reader', async () => {
    const feed = start();
    const all = feed.open(undefined, undefined, { version: '1' }, never);
    feed.tell('rollout', { service: 'a' }, { service: 'a' });
    feed.tell('rollout', { service: 'a' }, { service: 'a', close: true });
    feed.tell('counts', {});
    expect(names(await drain(all, feed))).to.deep.equal(['hello', 'rollout', 'counts']);
  });

  it('tells a reader of one service all of it and nothing of others', async () => {
    const feed = start();
    const one = feed.open(undefined, 'a', {}, never);
    feed.tell('rollout', { n: 1 }, { service: 'b' });
    feed.tell('rollout', { n: 2 }, { service: 'a', close: true });
    const text = await drain(one, feed);
    expect(names(text)).to.deep.equal(['hello', 'rollout']);
    expect(text).to.include('"n":2');
  });

  it('tells one who comes back what was missed, and nothing twice', async () => {
    const feed = start();
    for (const n of [1, 2, 3, 4]) feed.tell('decision', { n });
    const text = await drain(feed.open(`${feed.boot}-2`, undefined, {}, never), feed);
    expect([...text.matchAll(/"n":(\d)/g)].map(([, n]) => n)).to.deep.equal(['3', '4']);
    expect(text).to.match(/^event: hello\ndata/m);
  });

  for (const [what, id] of [
    ['another boot', 'ffff-1'],
    ['nonsense', 'x'],
    ['a number that is yet to come', 'BOOT-99'],
  ] as const)
    it(`tells one who comes back from ${what} to read all again`, async () => {
      const feed = start();
      feed.tell('counts', {});
      const text = await drain(feed.open(id.replace('BOOT', feed.boot), undefined, {}, never), feed);
      expect(names(text)).to.deep.equal(['hello', 'reset']);
    });

  it('tells one who missed more than is kept to read all again', async () => {
    const feed = start({ kept: 200 });
    for (const n of [1, 2, 3, 4, 5, 6]) feed.tell('decision', { n, filler: 'x'.repeat(40) });
    expect(names(await drain(feed.open(`${feed.boot}-1`, undefined, {}, never), feed))).to.deep.equal(['hello', 'reset']);
  });

  it('cuts a reader that is too far behind, and no other', async () => {
    const feed = start({ mostBehind: 2_000 });
    let cut = 0;
    feed.open(undefined, undefined, {}, () => {
      cut++;
    });
    const quick = feed.open(undefined, undefined, {}, never).getReader();
    for (let n = 0; n < 10; n++) {
      feed.tell('decision', { filler: 'x'.repeat(300) });
      while (!new TextDecoder().decode((await quick.read()).value).includes('decision'));
    }
    expect([cut, feed.readers]).to.deep.equal([1, 1]);
  });

  it('lets a reader go whose connection is closed before anybody read', async () => {
    const feed = start();
    const [open, gone] = [new AbortController(), new AbortController()];
    const left = feed.open(undefined, undefined, {}, never, open.signal);
    open.abort();
    feed.open(undefined, undefined, {}, never, gone.signal).cancel();
    gone.abort();
    const late = feed.open(undefined, undefined, {}, never, AbortSignal.abort());
    feed.tell('counts', {});
    expect(feed.readers).to.equal(0);
    for (const stream of [left, late]) expect(names(await drain(stream, feed))).to.deep.equal(['hello']);
  });

  it('pings', async () => {
    const feed = start({ ping: 5 });
    const reader = feed.open(undefined, undefined, {}, never).getReader();
    let text = '';
    while (!text.includes(': ping')) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).to.match(/: ping\n\n$/);
  });

  it('lets go of a client that stopped reading, and closes its connection', async () => {
    const feed = start({ mostBehind: 100_000 });
    const routes = new Hono().get('/events', (c) => {
      const { socket } = (c.env as { incoming: { socket: Socket } }).incoming;
      return c.body(feed.open(undefined, undefined, {}, () => socket.destroy()));
    });
    const health = { sinceTurn: () => 0, readiness: () => ({ consul: true, membership: true, list: true }) };
    const metrics = { contentType: 'text/plain', text: async () => '' };
    const server = await serve({ port: 0, health, metrics, api: { routes, hear: () => undefined, close: () => feed.close() } });
    const client = connect(Number(new URL(server.address).port), '127.0.0.1');
    client.pause();
    client.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('it is connected', () => feed.readers === 1);
    await until('it is cut', () => {
      for (let n = 0; n < 20; n++) feed.tell('decision', { filler: 'x'.repeat(10_000) });
      return feed.readers === 0;
    });
    const closed = once(client, 'close');
    client.on('error', () => undefined).resume();
    await closed;
    await server.close();
  });
});
