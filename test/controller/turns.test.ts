import { expect } from 'chai';
import { Turns } from '../../src/controller/turns.js';
import { until } from '../support/shell.js';

const clock = { now: () => Date.now() };
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Turns that last until they are ended by hand. */
class Held {
  readonly begun: string[] = [];
  readonly turns: Turns;
  next: number | undefined;
  most = 0;
  readonly #under = new Map<string, () => void>();

  constructor(onLag: (ms: number) => void = () => undefined) {
    this.turns = new Turns(clock, (key) => this.#turn(key), onLag);
  }

  get underWay(): readonly string[] {
    return [...this.#under.keys()];
  }

  end(key: string): void {
    const end = this.#under.get(key);
    this.#under.delete(key);
    end?.();
  }

  async #turn(key: string): Promise<number | undefined> {
    expect(this.underWay, 'one turn of a key at a time').to.not.include(key);
    this.begun.push(key);
    await new Promise<void>((resolve) => {
      this.#under.set(key, resolve);
      this.most = Math.max(this.most, this.#under.size);
    });
    return this.next;
  }
}

describe('turns', () => {
  it('come in the order in which they are due', async () => {
    const order: string[] = [];
    const turns = new Turns(
      clock,
      async (key) => {
        order.push(key);
        return undefined;
      },
      () => undefined,
    );
    const now = Date.now();
    for (const [key, at] of [
      ['c', 30],
      ['a', 10],
      ['d', 40],
      ['b', 20],
    ] as const)
      turns.ring(key, now + at);
    await until('all had their turn', () => order.length === 4);
    expect(order).to.deep.equal(['a', 'b', 'c', 'd']);
    await turns.stop();
  });

  it('one of a key at a time: a ring during a turn gives one more right after, however often it rings', async () => {
    const held = new Held();
    held.turns.ring('a');
    await until('it has begun', () => held.begun.length === 1);
    for (let i = 0; i < 5; i++) held.turns.ring('a');
    await later(20);
    expect(held.begun).to.deep.equal(['a']);
    held.end('a');
    await until('it has begun again', () => held.begun.length === 2);
    held.end('a');
    await later(20);
    expect(held.begun).to.deep.equal(['a', 'a']);
    await held.turns.stop();
  });

  it('the time that a turn asks for is kept; a ring before that brings it forward', async () => {
    const held = new Held();
    held.next = Date.now() + 3_600_000;
    held.turns.ring('a');
    await until('it has begun', () => held.begun.length === 1);
    held.end('a');
    await later(20);
    expect(held.begun).to.have.length(1);
    held.turns.ring('a', Date.now() + 7_200_000);
    held.turns.ring('a');
    await until('it has begun again', () => held.begun.length === 2);
    held.end('a');
    await held.turns.stop();
  });

  it('run at once up to 256; the others follow as soon as one has ended', async () => {
    const held = new Held();
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
    for (const key of keys) held.turns.ring(key);
    await until('256 have begun', () => held.begun.length === 256);
    await later(20);
    expect(held.underWay).to.have.length(256);
    held.end(held.underWay[3]!);
    await until('one more has begun', () => held.begun.length === 257);
    while (held.begun.length < 300 || held.underWay.length > 0) {
      for (const key of held.underWay) held.end(key);
      await later(1);
    }
    expect([held.most, [...held.begun].sort()]).to.deep.equal([256, [...keys].sort()]);
    await held.turns.stop();
  });

  it('one that is forgotten is not begun; one that runs ends by itself', async () => {
    const held = new Held();
    held.turns.ring('a', Date.now() + 100);
    held.turns.ring('b');
    await until('b has begun', () => held.begun.includes('b'));
    held.turns.forget('a');
    held.turns.forget('b');
    await later(150);
    expect([held.begun, held.underWay]).to.deep.equal([['b'], ['b']]);
    held.end('b');
    await held.turns.stop();
  });

  it('stop waits for those that run, and begins no other', async () => {
    const held = new Held();
    held.turns.ring('a');
    held.turns.ring('b', Date.now() + 100);
    await until('a has begun', () => held.begun.includes('a'));
    let stopped = false;
    const stopping = held.turns.stop().then(() => {
      stopped = true;
    });
    held.turns.ring('a');
    await later(150);
    expect([stopped, held.begun]).to.deep.equal([false, ['a']]);
    held.end('a');
    await stopping;
    held.turns.ring('c');
    await later(20);
    expect(held.begun).to.deep.equal(['a']);
  });

  it('tell how late each began, and that the loop turns while nothing is due', async () => {
    const lags: number[] = [];
    const held = new Held((ms) => lags.push(ms));
    const before = Date.now();
    held.turns.ring('a', before - 500);
    await until('a has begun', () => held.begun.length === 1);
    expect(lags[0]).to.be.at.least(500);
    held.end('a');
    await until('a has ended', () => held.underWay.length === 0);
    await later(5);
    expect(held.turns.turnedAt).to.be.greaterThan(before);
    await held.turns.stop();
  });
});
