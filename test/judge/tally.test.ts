import { expect } from 'chai';
import fc from 'fast-check';
import { findingOf } from '../../src/judge/judge.js';
import { decodeTally, encodeTally, startStep } from '../../src/judge/tally.js';
import { CONTEXT, ERRORS, judgeAll, judgeCounts, P95, SLOWER, WORSE } from './readings.js';

const look = fc
  .record({ total: fc.nat(300), share: fc.double({ min: 0, max: 0.1, noNaN: true }), others: fc.nat(300) })
  .map(({ total, share, others }): [number, number, number, number] => [Math.floor(total * share), total, 0, others]);

describe('the tally in the record', () => {
  it('decides the same after being written and read at any moment', () => {
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 20 }), fc.array(look, { maxLength: 20 }), (before, after) => {
        for (const signal of [ERRORS, WORSE]) {
          const kept = judgeCounts(signal, before).tally;
          const read = decodeTally(encodeTally({ s: kept })).s!;
          const [straight, resumed] = [kept, read].map((from) => judgeCounts(signal, [...after, [0, 0, 0, 0]], from).finding);
          expect(resumed!.samples).to.equal(straight!.samples);
          expect(resumed!.verdict).to.equal(straight!.verdict);
        }
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('forgives nothing: read and written a thousand times, it is the same text', () => {
    let text = encodeTally({
      errors: judgeCounts(ERRORS, [
        [3, 212, 1, 800],
        [0, 0, 2, 90],
      ]).tally,
      p95: judgeAll(P95, [{ kind: 'scalar', value: 0.7 }]).tally,
      slower: judgeAll(SLOWER, [
        { kind: 'pair', canary: 3, stable: 2.5 },
        { kind: 'none', why: 'no series' },
      ]).tally,
    });
    const first = text;
    for (let i = 0; i < 1_000; i++) text = encodeTally(decodeTally(text));
    expect(text).to.equal(first);
  });

  it('makes up no evidence: what is read is never stronger than what was written', () => {
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 20 }), (looks) => {
        const kept = judgeCounts(ERRORS, looks).tally;
        const read = decodeTally(encodeTally({ s: kept })).s!;
        if (kept.kind !== 'counts' || read.kind !== 'counts') throw new Error('a count signal has a count tally');
        for (const [i, test] of kept.tests.entries()) {
          for (const [j, mass] of test.mass.entries()) expect(read.tests[i]!.mass[j]! / mass).to.be.within(0.99998, 1 + 1e-9);
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('stays small: a count signal that saw millions takes under 250 characters', () => {
    const looks = Array.from({ length: 50 }, () => [40, 99_999, 123, 876_543] as [number, number, number, number]);
    for (const signal of [ERRORS, WORSE])
      expect(encodeTally({ [signal.name]: judgeCounts(signal, looks).tally }).length).to.be.below(250);
  });

  it('drops entries that are broken or of another time, and keeps the sound ones', () => {
    const good = encodeTally({ errors: judgeCounts(ERRORS, [[1, 50, 0, 50]]).tally });
    const entry: unknown = JSON.parse(good).errors;
    const pairs: unknown = JSON.parse(encodeTally({ p: judgeAll(SLOWER, [{ kind: 'pair', canary: 1, stable: 2 }]).tally })).p;
    const mixed = JSON.stringify({
      errors: entry,
      short: (entry as unknown[]).slice(0, -1),
      text: (entry as unknown[]).map((value, i) => (i === 2 ? 'x' : value)),
      negative: (entry as unknown[]).map((value, i) => (i === 1 ? -5 : value)),
      unknown: ['z', 1],
      none: null,
      number: 4,
      scalar: ['s', 1, 2],
      samples: ['p', 1, 2],
      more: (pairs as unknown[]).map((value, i) => (i === 2 ? 5 : value)),
    });
    expect(Object.keys(decodeTally(mixed))).to.deep.equal(['errors']);
    for (const text of ['', '{', 'null', '7', '[]', '"x"']) expect(decodeTally(text)).to.deep.equal({});
    expect(encodeTally({})).to.equal('');
  });

  it('forgets at a new step what was seen, but not what was held against canary', () => {
    const suspect = judgeCounts(ERRORS, [[4, 120, 0, 500]]).tally;
    const next = startStep({ errors: suspect }).errors!;
    const atOnce = findingOf(ERRORS, next, CONTEXT);
    expect(atOnce.verdict).to.equal('Inconclusive');
    expect(atOnce.samples).to.equal(0);
    expect(judgeCounts(ERRORS, [[3, 60, 0, 200]], next).finding.verdict).to.equal('Failed');
    expect(judgeCounts(ERRORS, [[3, 600, 0, 200]]).finding.verdict).to.equal('Successful');
  });

  it('has no requests in a step before the first, and stays failed over steps', () => {
    const failed = startStep({ errors: judgeCounts(ERRORS, [[30, 100, 0, 100]]).tally });
    expect(findingOf(ERRORS, failed.errors, CONTEXT).verdict).to.equal('Failed');
    expect(findingOf(ERRORS, decodeTally(encodeTally(failed)).errors, CONTEXT).message).to.match(/^30% of 100 requests failed/);
  });
});
