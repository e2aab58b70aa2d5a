import { expect } from 'chai';
import { Overview } from '../../src/controller/overview.js';
import type { EntryKind, StoredEntry } from '../../src/core/entries.js';
import { splitterEntry } from '../../src/core/entries.js';
import { until } from '../support/shell.js';
import { makeRollout, stored } from '../support/world.js';

type Lists = Partial<Record<EntryKind, readonly StoredEntry[]>>;

/** Lists that are answered by hand, the first reads at once: `answer` gives the next read of a kind. */
class HandLists {
  readonly asked: { readonly kind: EntryKind; readonly index: number }[] = [];
  readonly #first: Lists;
  readonly #waiting = new Map<EntryKind, (answer: { entries: readonly StoredEntry[]; index: number }) => void>();

  constructor(first: Lists) {
    this.#first = first;
  }

  async listEntries(kind: EntryKind, { index = 0, abort }: { index?: number; abort?: AbortSignal | undefined } = {}) {
    this.asked.push({ kind, index });
    if (!this.asked.slice(0, -1).some((one) => one.kind === kind)) return { entries: this.#first[kind] ?? [], index: 10 };
    return new Promise<{ entries: readonly StoredEntry[]; index: number }>((resolve, reject) => {
      this.#waiting.set(kind, resolve);
      abort?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  async listCritical() {
    return { critical: [], index: 1 };
  }

  async answer(kind: EntryKind, entries: readonly StoredEntry[], index: number): Promise<void> {
    await until(`${kind} is asked for`, () => this.#waiting.has(kind));
    const resolve = this.#waiting.get(kind)!;
    this.#waiting.delete(kind);
    resolve({ entries, index });
    await until('it is asked for again', () => this.#waiting.has(kind));
  }
}

const splitter = (service: string, modifyIndex: number, change = {}): StoredEntry => {
  const rollout = makeRollout(10, change);
  return stored(splitterEntry(undefined, service, rollout.asked, rollout), modifyIndex);
};

describe('the overview of all entries', () => {
  let ended: AbortController;
  let told: string[];
  let complete: number;
  beforeEach(() => {
    [ended, told, complete] = [new AbortController(), [], 0];
  });
  afterEach(() => ended.abort());

  const open = async (first: Lists): Promise<{ overview: Overview; lists: HandLists }> => {
    const lists = new HandLists(first);
    const overview = new Overview(
      lists,
      (service, kind, entry) => told.push(`${service} ${kind.replace('service-', '')} ${entry?.modifyIndex ?? 'gone'}`),
      () => complete++,
    );
    void overview.run(ended.signal, () => undefined);
    await until('each list was read', () => overview.complete);
    return { overview, lists };
  };

  it('is complete once each list was read, says so once, and tells each entry and each change', async () => {
    const { overview, lists } = await open({ 'service-splitter': [splitter('a', 5), splitter('b', 6)] });
    expect([complete, told]).to.deep.equal([1, ['a splitter 5', 'b splitter 6']]);
    await lists.answer('service-splitter', [splitter('a', 5), splitter('b', 12)], 12);
    expect([complete, told.slice(2)]).to.deep.equal([1, ['b splitter 12']]);
    expect(lists.asked.at(-1)).to.deep.equal({ kind: 'service-splitter', index: 12 });
    expect(overview.entriesOf('b').splitter?.modifyIndex).to.equal(12);
  });

  it('an older list never overwrites a newer entry', async () => {
    const { overview, lists } = await open({ 'service-splitter': [splitter('a', 5)] });
    overview.hear('a', 'service-splitter', splitter('a', 20), 20);
    await lists.answer('service-splitter', [splitter('a', 15)], 15);
    expect(overview.entriesOf('a').splitter?.modifyIndex).to.equal(20);
    expect(told).to.deep.equal(['a splitter 5', 'a splitter 20']);
  });

  it('an entry that was made after a list was read is not gone; one that the list would have is', async () => {
    const { overview, lists } = await open({ 'service-splitter': [splitter('a', 5)] });
    overview.hear('b', 'service-splitter', splitter('b', 20), 20);
    await lists.answer('service-splitter', [splitter('a', 15)], 15);
    expect(overview.entriesOf('b').splitter?.modifyIndex).to.equal(20);
    await lists.answer('service-splitter', [splitter('b', 20)], 21);
    expect([overview.entriesOf('a'), told.at(-1)]).to.deep.equal([{}, 'a splitter gone']);
  });

  it('an entry that was made after it was looked for in vain is not gone', async () => {
    const { overview } = await open({ 'service-splitter': [splitter('a', 5)] });
    overview.hear('a', 'service-splitter', undefined, 4);
    expect([overview.entriesOf('a').splitter?.modifyIndex, told]).to.deep.equal([5, ['a splitter 5']]);
    overview.hear('a', 'service-splitter', undefined, 6);
    expect([overview.entriesOf('a'), told.at(-1)]).to.deep.equal([{}, 'a splitter gone']);
  });

  it('an index that goes back says that Consul was put back: the list is right, however old its entries are', async () => {
    const { overview, lists } = await open({ 'service-splitter': [splitter('a', 5), splitter('b', 9)] });
    await lists.answer('service-splitter', [splitter('a', 4)], 4);
    expect([overview.entriesOf('a').splitter?.modifyIndex, overview.entriesOf('b')]).to.deep.equal([4, {}]);
    expect(told.slice(2)).to.deep.equal(['a splitter 4', 'b splitter gone']);
  });

  it('gives the rollouts that still need somebody, and no other', async () => {
    const { overview } = await open({
      'service-splitter': [
        splitter('moving', 5),
        splitter('ended', 6, { state: { phase: 'Promoted', reason: 'BakePassed', step: 3 } }),
        splitter('owing', 7, { state: { phase: 'Promoted', reason: 'BakePassed', step: 3 }, owes: ['after_promote'] }),
        stored({ Kind: 'service-splitter', Name: 'foreign', Splits: [{ Weight: 100 }] }, 8),
      ],
    });
    expect([...overview.live()].map(([service]) => service)).to.deep.equal(['moving', 'owing']);
  });

  it('has the splitter, the resolver and the router of a service together', async () => {
    const { overview } = await open({
      'service-splitter': [splitter('a', 5)],
      'service-resolver': [stored({ Kind: 'service-resolver', Name: 'a' }, 3)],
      'service-router': [stored({ Kind: 'service-router', Name: 'a' }, 4)],
    });
    const found = Object.entries(overview.entriesOf('a')).map(([part, entry]) => `${part} ${entry.modifyIndex}`);
    expect(found).to.deep.equal(['splitter 5', 'resolver 3', 'router 4']);
  });
});
