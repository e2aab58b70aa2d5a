import { expect } from 'chai';
import type { EnvoySignal } from '../../src/core/plan.js';
import type { CallerCounts, Counts, Finding } from '../../src/core/verdict.js';
import type { CountTally } from '../../src/judge/count-tally.js';
import { findingOf, judge } from '../../src/judge/judge.js';
import { drawPoisson } from '../../src/judge/poisson.js';
import { decodeTally, encodeTally, startStep } from '../../src/judge/tally.js';
import { seeded } from './random.js';

const ALPHA = 0.01;
const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.05 };
const WORSE: EnvoySignal = { name: 'worse', source: 'envoy', metric: 'unanswered', margin: 0.01 };

const none: Counts = { bad: 0, total: 0 };
const met = (caller: string, canary: Counts, stable: Counts = none): CallerCounts => ({ caller, canary, stable });

/** One look at these callers; the whole is their sum. */
function look(signal: EnvoySignal, tally: CountTally | undefined, at: number, callers: readonly CallerCounts[]) {
  const sum = (side: 'canary' | 'stable'): Counts =>
    callers.reduce((all, one) => ({ bad: all.bad + one[side].bad, total: all.total + one[side].total }), none);
  const measurement = { kind: 'counts', canary: sum('canary'), stable: sum('stable'), callers } as const;
  const { tally: next, finding } = judge(
    signal,
    tally,
    { signal: signal.name, at, query: 'q', raw: '', measurement },
    { alpha: ALPHA, at },
  );
  return { tally: next as CountTally, finding };
}

/** Looks until the signal has failed, at most so many; how many it took. */
function watch(signal: EnvoySignal, most: number, each: (i: number) => readonly CallerCounts[]) {
  let known: CountTally | undefined;
  let last: Finding | undefined;
  for (let i = 1; i <= most; i++) {
    const { tally, finding } = look(signal, known, i, each(i));
    [known, last] = [tally, finding];
    if (finding.verdict === 'Failed') return { looks: i, tally, finding };
  }
  return { looks: undefined, tally: known!, finding: last! };
}

describe('one caller alone', () => {
  /** A large caller that is well, and a small one of 2 % of the traffic. */
  const beside = (small: CallerCounts): readonly CallerCounts[] => [
    met('web on n1', { bad: 0, total: 49 }, { bad: 0, total: 49 }),
    small,
  ];

  it('takes back a canary that fails all of its requests, though the share of all is below the bound, and names it', () => {
    const { looks, finding } = watch(ERRORS, 60, () => beside(met('till on n2', { bad: 1, total: 1 }, { bad: 0, total: 1 })));
    expect(looks).to.be.within(4, 40);
    expect(finding.message).to.match(
      /^till on n2 alone: 100% of \d+ requests failed, 0% of \d+ on stable; canary may be worse by 5% \(evidence/,
    );
    expect(finding).to.deep.include({ name: 'errors', verdict: 'Failed', bound: '<= stable + 5%', query: 'q' });
  });

  it('compares it with stable by its own requests: one that sends what fails anywhere is no fault of canary’s', () => {
    const { looks, finding } = watch(ERRORS, 400, () => beside(met('till on n2', { bad: 1, total: 1 }, { bad: 1, total: 1 })));
    expect([looks, finding.verdict]).to.deep.equal([undefined, 'Successful']);
  });

  it('passes no step while its evidence points to harm', () => {
    const said: string[] = [];
    watch(ERRORS, 60, (i) => {
      const callers = beside(met('till on n2', { bad: 1, total: 1 }, { bad: 0, total: 1 }));
      said.push(watch(ERRORS, i, () => callers).finding.verdict);
      return callers;
    });
    const first = said.indexOf('Inconclusive');
    expect([said[0], first > 1, said.at(-1)]).to.deep.equal(['Successful', true, 'Failed']);
    expect(said.slice(first, -1), 'until it has failed').to.not.include('Successful');
    const { finding } = watch(ERRORS, first + 1, () => beside(met('till on n2', { bad: 1, total: 1 }, { bad: 0, total: 1 })));
    expect(finding.message).to.match(/^till on n2 alone: 100% of \d+ requests failed.*; this points to harm \(evidence/);
  });

  it('holds it to a margin where the signal has one', () => {
    const { looks, finding } = watch({ ...WORSE, margin: 0.1 }, 200, () =>
      beside(met('till on n2', { bad: 1, total: 1 }, { bad: 0, total: 1 })),
    );
    expect(looks).to.not.equal(undefined);
    expect(finding.message).to.match(/^till on n2 alone: 100% of \d+ requests got no answer/);
  });

  it('says nothing while stable gets none of its requests', () => {
    const { looks } = watch(ERRORS, 300, () => beside(met('till on n2', { bad: 1, total: 1 })));
    expect(looks).to.equal(undefined);
  });

  it('costs the whole nothing until a caller has met a failure, and a quarter of its alpha from then on', () => {
    const calm = watch(ERRORS, 5, () => beside(met('till on n2', { bad: 0, total: 1 }, { bad: 0, total: 1 })));
    expect(calm.tally.callers).to.equal(undefined);
    const { tally } = look(ERRORS, calm.tally, 6, beside(met('till on n2', { bad: 1, total: 1 })));
    expect(tally.callers).to.deep.include({ batches: 1 });
    expect(tally.callers!.pot).to.be.within(0.1, 1);
    const failing = watch(ERRORS, 50, () => [met('web', { bad: 3, total: 10 }, { bad: 0, total: 10 })]);
    expect(failing.finding.message).to.match(/of the 133 needed/);
  });

  it('keeps in the record what may still be spent and who was failed, and no more than that', () => {
    const failed = watch(ERRORS, 60, () => beside(met('till on n2', { bad: 1, total: 1 }, { bad: 0, total: 1 })));
    const again = decodeTally(encodeTally({ errors: failed.tally })).errors as CountTally;
    const { message } = findingOf(ERRORS, again, { alpha: ALPHA, at: 99 });
    expect(message).to.equal(failed.finding.message);
    const open = look(ERRORS, undefined, 1, beside(met('till on n2', { bad: 1, total: 1 }))).tally;
    const text = encodeTally({ errors: open });
    const kept = decodeTally(text).errors as CountTally;
    expect([kept.callers!.batches, kept.callers!.known.size]).to.deep.equal([1, 0]);
    expect(encodeTally({ errors: kept }), 'and writes the same').to.equal(text);
    expect(text.length).to.be.below(230);
    const next = look(ERRORS, kept, 2, beside(met('till on n2', { bad: 1, total: 1 }))).tally;
    expect(
      [...next.callers!.known.values()].map(({ part }) => part),
      'a restart spends it once only',
    ).to.deep.equal([1 / 6]);
    for (const broken of ['[]', '[2,1]', '"x"', '[0.5,-1]'])
      expect(decodeTally(text.replace(/\[[\d.]+,1\]\]/, `${broken}]`)), broken).to.deep.equal({});
  });

  it('judges at most fifty at a time, those with the most evidence, and never spends more than there is', () => {
    let tally: CountTally | undefined;
    const spent = new Map<string, number>();
    for (let i = 1; i <= 120; i++) {
      tally = look(ERRORS, tally, i, [
        met('web', { bad: 0, total: 900 }),
        met(`c${i}`, { bad: 1, total: 1 }, { bad: 0, total: 9 }),
      ]).tally;
      for (const [name, { part }] of tally.callers?.known ?? []) spent.set(name, part);
    }
    expect(tally!.callers!.known.size).to.equal(50);
    expect([...spent.values()].reduce((sum, part) => sum + part, 0)).to.be.at.most(1);
    const stepped = startStep({ errors: tally! }).errors as CountTally;
    expect([...stepped.callers!.known.keys()]).to.deep.equal([...tally!.callers!.known.keys()]);
  });

  for (const callers of [5, 50])
    it(`does not take a healthy canary back by one of ${callers} callers beyond its part of alpha`, function () {
      this.timeout(60_000);
      const random = seeded(callers);
      const draw = (mean: number, share: number): Counts => {
        const bad = drawPoisson(random, mean * share);
        return { bad, total: bad + drawPoisson(random, mean * (1 - share)) };
      };
      // In turns: each caller at the bound beside a stable without a failure; and every fifth sends what often fails, on both versions.
      const scenes: readonly ((i: number) => readonly [canary: number, stable: number])[] = [
        () => [ERRORS.max!, 0],
        (i) => (i % 5 === 4 ? [0.15, 0.15] : [0.001, 0.001]),
      ];
      let [byCaller, whole] = [0, 0];
      for (let run = 0; run < 60; run++) {
        const { looks, tally } = watch(ERRORS, 120, () =>
          Array.from({ length: callers }, (_, i) => {
            const [canary, stable] = scenes[run % 2]!(i);
            return met(`c${i}`, draw(60 / callers, canary), draw(140 / callers, stable));
          }),
        );
        if (tally.callers?.culprit !== undefined) byCaller++;
        else if (looks !== undefined) whole++;
        if (looks === undefined) expect(tally.callers!.known.size, 'judged to the end').to.be.at.least(callers / 5);
      }
      // 60 runs at a quarter of 1 % come to 0.15: two are less likely than one in eighty. At 1 % they come to 0.6.
      expect([byCaller, whole].map((count) => count <= 1 || count)).to.deep.equal([true, true]);
    });
});
