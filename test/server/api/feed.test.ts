import { expect } from 'chai';
import { EventFeed } from '../../../src/server/api/feed.js';

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
    const all = feed.open(undefined, undefined, { version: '1' });
    feed.tell('rollout', { service: 'a' }, { service: 'a' });
    feed.tell('rollout', { service: 'a' }, { service: 'a', close: true });
    feed.tell('counts', {});
    expect(names(await drain(all, feed))).to.deep.equal(['hello', 'rollout', 'counts']);
  });

  it('tells a reader of one service all of it and nothing of others', async () => {
    const feed = start();
    const one = feed.open(undefined, 'a', {});
    feed.tell('rollout', { n: 1 }, { service: 'b' });
    feed.tell('rollout', { n: 2 }, { service: 'a', close: true });
    const text = await drain(one, feed);
    expect(names(text)).to.deep.equal(['hello', 'rollout']);
    expect(text).to.include('"n":2');
  });

  it('tells one who comes back what was missed, and nothing twice', async () => {
    const feed = start();
    for (const n of [1, 2, 3, 4]) feed.tell('decision', { n });
    const text = await drain(feed.open(`${feed.boot}-2`, undefined, {}), feed);
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
      const text = await drain(feed.open(id.replace('BOOT', feed.boot), undefined, {}), feed);
      expect(names(text)).to.deep.equal(['hello', 'reset']);
    });

  it('tells one who missed more than is kept to read all again', async () => {
    const feed = start({ kept: 200 });
    for (const n of [1, 2, 3, 4, 5, 6]) feed.tell('decision', { n, filler: 'x'.repeat(40) });
    expect(names(await drain(feed.open(`${feed.boot}-1`, undefined, {}), feed))).to.deep.equal(['hello', 'reset']);
  });

  it('cuts a reader that is too far behind, and no other', async () => {
    const feed = start({ mostBehind: 2_000 });
    const lazy = feed.open(undefined, undefined, {});
    for (let n = 0; n < 10; n++) feed.tell('decision', { filler: 'x'.repeat(300) });
    expect(feed.readers).to.equal(0);
    const failed = await drain(lazy, feed).then(
      () => 'read on',
      (error: Error) => error.message,
    );
    expect(failed).to.match(/too far behind/);
  });

  it('pings', async () => {
    const feed = start({ ping: 5 });
    const reader = feed.open(undefined, undefined, {}).getReader();
    let text = '';
    while (!text.includes(': ping')) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).to.match(/: ping\n\n$/);
  });
});
