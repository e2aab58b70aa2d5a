import { expect } from 'chai';
import { ScrapeBudget, type ScrapeLimits } from '../../src/signals/scrape-budget.js';

const CHEAP = { ms: 2, size: 4_000, merged: false };

/** Looks at all callers each 100 ms for so long; gives when each page was read, ms. */
function simulate(callers: number, seconds: number, limits?: ScrapeLimits, cost = CHEAP): Map<string, number[]> {
  let now = 1_000_000;
  const budget = new ScrapeBudget(() => now, limits);
  let names = Array.from({ length: callers }, (_, i) => `10.0.${i >> 8}.${i & 255}:9102`);
  const read = new Map(names.map((name) => [name, [] as number[]]));
  for (; now < 1_000_000 + seconds * 1_000; now += 100) {
    const had = names.filter((name) => budget.take(name));
    for (const name of had) {
      read.get(name)!.push(now);
      budget.note(name, cost);
    }
    const later = new Set(had);
    names = [...names.filter((name) => !later.has(name)), ...had];
  }
  return read;
}

function mostInASecond(read: Map<string, number[]>): number {
  const times = [...read.values()].flat().sort((a, b) => a - b);
  return Math.max(...times.map((at, i) => times.findIndex((other, j) => j >= i && other >= at + 1_000) - i));
}

function longestGap(read: Map<string, number[]>): number {
  return Math.max(...[...read.values()].flatMap((times) => times.slice(1).map((at, i) => at - times[i]!)));
}

describe('the scrape budget', () => {
  for (const { callers, gap } of [
    { callers: 10, gap: 100 },
    { callers: 40, gap: 100 },
    { callers: 200, gap: 700 },
    { callers: 2_000, gap: 5_000 },
  ])
    it(`reads each of ${callers} callers at least every ${gap} ms, ten times a second at most, and 500 pages a second in all`, () => {
      const read = simulate(callers, 30);
      expect(longestGap(read)).to.be.at.most(gap);
      expect(mostInASecond(read)).to.be.at.most(500);
      expect(Math.min(...[...read.values()].map(({ length }) => length))).to.be.at.least(5);
      expect(Math.max(...[...read.values()].map(({ length }) => length))).to.be.at.most(301);
    });

  it('keeps to other limits', () => {
    const read = simulate(100, 20, { perSecond: 50, perCaller: 2 });
    expect(mostInASecond(read)).to.be.at.most(50);
    expect(longestGap(read)).to.be.at.most(2_600);
    expect(longestGap(simulate(1, 20, { perSecond: 50, perCaller: 2 }))).to.equal(500);
  });

  it('reads pages that are slow, large or merged with an application’s less often', () => {
    expect(longestGap(simulate(1, 30, undefined, { ...CHEAP, ms: 150 }))).to.be.within(3_000, 3_200);
    expect(longestGap(simulate(1, 30, undefined, { ...CHEAP, size: 1_500_000 }))).to.be.within(1_500, 1_600);
    expect(longestGap(simulate(1, 30, undefined, { ...CHEAP, merged: true }))).to.be.within(2_000, 2_100);
    expect(longestGap(simulate(1, 60, undefined, { ...CHEAP, ms: 900, merged: true }))).to.be.within(10_000, 12_000);
  });

  it('two slow readings, which a busy machine makes as well as a slow page, make nobody blind', () => {
    let now = 1_000_000;
    const budget = new ScrapeBudget(() => now);
    const times: number[] = [];
    for (; now < 1_003_000; now += 10) {
      if (!budget.take('10.0.0.1:9102')) continue;
      times.push(now);
      budget.note('10.0.0.1:9102', { ...CHEAP, ms: times.length <= 2 ? 400 : 2 });
    }
    expect(longestGap(new Map([['10.0.0.1:9102', times]]))).to.be.at.most(300);
  });
});
