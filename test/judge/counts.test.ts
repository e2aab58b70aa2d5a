import { expect } from 'chai';
import fc from 'fast-check';
import type { EnvoySignal, Signal } from '../../src/core/plan.js';
import { alphaShare, findingOf } from '../../src/judge/judge.js';
import { startStep } from '../../src/judge/tally.js';
import { CHECKS, CONTEXT, ERRORS, judgeAll, judgeCounts, P95, SLOW, SLOWER, WORSE } from './readings.js';

describe('judging counts', () => {
  it('is clear once 99% sure that the share is within the bound, and not before', () => {
    const few = judgeCounts(ERRORS, [[0, 300, 0, 300]]).finding;
    const many = judgeCounts(
      ERRORS,
      Array.from({ length: 20 }, (): [number, number, number, number] => [0, 300, 0, 300]),
    ).finding;
    expect([few.verdict, few.clear, many.verdict, many.clear]).to.deep.equal(['Successful', false, 'Successful', true]);
    expect(many.message).to.match(/99% sure that it is below 0\.\d+%$/);
  });
  it('reads no data as no verdict, with the reason', () => {
    expect(findingOf(ERRORS, undefined, CONTEXT)).to.include({
      verdict: 'Inconclusive',
      value: null,
      samples: 0,
      bound: '<= 0.5%',
      message: 'no data yet',
    });
    const none = judgeAll(ERRORS, [{ kind: 'none', why: 'no caller is known' }]).finding;
    expect(none).to.include({ verdict: 'Inconclusive', message: 'no data: no caller is known' });
  });

  type Look = [number, number, number, number];
  const many = (look: Look): Look[] => Array.from({ length: 40 }, () => look);
  const legs: readonly [string, EnvoySignal, Look[], string, RegExp][] = [
    ['no traffic at all', ERRORS, [[0, 0, 0, 0]], 'Inconclusive', /^no traffic: 0 requests reached canary, 0 stable$/],
    ['no traffic at all, comparing', WORSE, [[0, 0, 0, 0]], 'Inconclusive', /^no traffic: 0 requests reached canary, 0 stable$/],
    ['traffic on stable only', ERRORS, [[0, 0, 0, 900]], 'Inconclusive', /^0 requests reached canary, 900 stable$/],
    [
      'traffic on stable only, which fails',
      ERRORS,
      [[0, 0, 540, 900]],
      'Inconclusive',
      /^0 requests reached canary, 900 stable; stable itself fails \(60%\), so the trouble is not canary$/,
    ],
    [
      'traffic on canary only',
      ERRORS,
      [[0, 900, 0, 0]],
      'Successful',
      /^none of 900 requests failed; the bound is 0\.5%; 99% sure/,
    ],
    [
      'traffic on canary only, which fails',
      ERRORS,
      [[90, 900, 0, 0]],
      'Failed',
      /^10% of 900 requests failed; the bound is 0\.5% \(evi/,
    ],
    [
      'traffic on canary only, comparing',
      WORSE,
      [[90, 900, 0, 0]],
      'Inconclusive',
      /; no request reached stable, so there is nothing/,
    ],
    ['both failing alike', ERRORS, [[10, 200, 21, 400]], 'Inconclusive', /; both fail, so the trouble is elsewhere$/],
    [
      'both failing alike, comparing',
      WORSE,
      many([20, 200, 180, 1_800]),
      'Successful',
      /^10% of 8,000 requests failed, 10% of 72,000 on/,
    ],
    [
      'stable failing alone',
      ERRORS,
      [[0, 100, 60, 900]],
      'Inconclusive',
      /; stable itself breaks the bound and canary does not$/,
    ],
    [
      'stable failing alone, comparing',
      WORSE,
      many([0, 100, 10, 100]),
      'Inconclusive',
      /; stable is worse than canary, so the trou/,
    ],
    [
      'both well',
      WORSE,
      many([1, 200, 9, 1_800]),
      'Successful',
      /^0\.5% of 8,000 requests failed, 0\.5% of 72,000 on stable; canary may be w/,
    ],
  ];
  for (const [name, signal, looks, verdict, message] of legs) {
    it(`has a verdict and a sentence of its own for ${name}`, () => {
      const { finding } = judgeCounts(signal, looks);
      expect(finding.verdict).to.equal(verdict);
      expect(finding.message).to.match(message);
    });
  }

  it('passes a healthy canary and says how sure it is', () => {
    const { finding } = judgeCounts(ERRORS, [[4, 4_120, 18, 9_000]]);
    expect(finding).to.include({ verdict: 'Successful', samples: 4_120, failed: 4, bound: '<= 0.5%', query: 'query' });
    expect(finding.message).to.match(
      /^0\.097% of 4,120 requests failed, 0\.2% of 9,000 on stable; the bound is 0\.5%; 99% sure that it is below 0\.4\d?%$/,
    );
  });

  it('fails a bad canary, with the numbers and the evidence', () => {
    const { finding } = judgeCounts(ERRORS, [[7, 112, 2, 900]]);
    expect(finding).to.include({ verdict: 'Failed', value: '6.3%', samples: 112, failed: 7 });
    expect(finding.message).to.match(
      /^6\.3% of 112 requests failed, 0\.22% of 900 on stable; the bound is 0\.5% \(evidence [\d,]+ of the 100 needed\)$/,
    );
  });

  it('waits, rather than passes, while the evidence points to harm', () => {
    const { finding } = judgeCounts(ERRORS, [[3, 60, 0, 500]]);
    expect(finding.verdict).to.equal('Inconclusive');
    expect(finding.message).to.match(/this points to harm \(evidence [\d.]+ of the 100 needed\)$/);
  });

  it('counts slow answers like failed ones, in its own words', () => {
    expect(judgeCounts(SLOW, [[30, 100, 0, 0]]).finding.message).to.match(
      /^30% of 100 requests took over 500ms; the bound is 5%/,
    );
    expect(judgeCounts(SLOW, [[0, 1, 0, 0]]).finding.message).to.match(/^none of 1 request took over 500ms/);
  });

  it('never fails without a bad request, however the looks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000)), { maxLength: 60 }), (looks) => {
        for (const signal of [ERRORS, SLOW, WORSE]) {
          const { finding } = judgeCounts(signal, [
            [0, 1, 0, 1],
            ...looks.map(([n, m]): [number, number, number, number] => [0, n, 0, m]),
          ]);
          expect(finding.verdict).to.equal('Successful');
        }
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('needs about as many failures however finely it looks', () => {
    const failuresToFail = (size: number): number => {
      let tally = judgeCounts(ERRORS, [[0, 0, 0, 0]]).tally;
      for (let sent = size; ; sent += size) {
        const bad = Math.floor(sent / 20) - Math.floor((sent - size) / 20);
        const next = judgeCounts(ERRORS, [[bad, size, 0, 0]], tally);
        if (next.finding.verdict === 'Failed') return Math.floor(sent / 20);
        tally = next.tally;
      }
    };
    for (const size of [1, 2, 5, 10, 20]) expect(failuresToFail(size), `looks of ${size}`).to.be.within(4, 7);
  });

  it('says more against canary with every further failure, never less', () => {
    const order = ['Successful', 'Inconclusive', 'Failed'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(50), (total, bad) => {
        const [fewer, more] = [bad, bad + 1].map((k) => judgeCounts(ERRORS, [[Math.min(k, total), total, 0, 0]]).finding.verdict);
        expect(order.indexOf(more!)).to.be.at.least(order.indexOf(fewer!));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('stays failed, whatever comes after', () => {
    const failed = judgeCounts(ERRORS, [[20, 100, 0, 100]]).tally;
    const later = judgeAll(
      ERRORS,
      [
        { kind: 'counts', canary: { bad: 0, total: 1e6 }, stable: { bad: 0, total: 0 } },
        { kind: 'error', why: 'gone' },
      ],
      failed,
    );
    expect(later.finding).to.include({ verdict: 'Failed', samples: 100, failed: 20 });
  });

  it('blames neither when both fail alike, and says that the trouble is elsewhere', () => {
    const { finding } = judgeCounts(ERRORS, [[10, 200, 21, 400]]);
    expect(finding).to.include({ verdict: 'Inconclusive', stableWorse: true });
    expect(finding.message).to.match(/both fail, so the trouble is elsewhere$/);
  });

  it('fails a canary that is worse than a stable which breaks the bound as well', () => {
    const looks = Array.from({ length: 10 }, (): [number, number, number, number] => [20, 100, 8, 900]);
    expect(judgeCounts(ERRORS, looks).finding.verdict).to.equal('Failed');
  });

  it('says so when stable alone breaks the bound', () => {
    const { finding } = judgeCounts(ERRORS, [[0, 100, 60, 900]]);
    expect(finding).to.include({ verdict: 'Inconclusive', stableWorse: true });
    expect(finding.message).to.match(/stable itself breaks the bound and canary does not$/);
  });

  it('tells a late regression by its own stretch, not by the hour of health before it', () => {
    const hour = Array.from({ length: 600 }, (_, i): [number, number, number, number] => [i % 12 === 0 ? 1 : 0, 60, 0, 540]);
    const minutes = Array.from({ length: 30 }, (): [number, number, number, number] => [1, 20, 0, 180]);
    const { finding } = judgeCounts(ERRORS, [...hour, ...minutes]);
    expect(finding.verdict).to.equal('Failed');
    expect(finding.message).to.match(/^\d(\.\d)?% of the last [\d,]+ requests failed/);
    expect(finding.failed).to.be.at.most(16);
  });

  it('compares with stable: worse fails, alike passes, an outage of both is no evidence, alone there is nothing to say', () => {
    const many = (look: [number, number, number, number]) => Array.from({ length: 40 }, () => look);
    expect(judgeCounts(WORSE, many([1, 20, 0, 180])).finding).to.include({ verdict: 'Failed', bound: '<= stable + 0.2%' });
    expect(judgeCounts(WORSE, many([1, 200, 9, 1_800])).finding.verdict).to.equal('Successful');
    expect(judgeCounts(WORSE, [...many([0, 200, 0, 1_800]), ...many([20, 200, 180, 1_800])]).finding.verdict).to.equal(
      'Successful',
    );
    const alone = judgeCounts(WORSE, many([1, 20, 0, 0])).finding;
    expect(alone.verdict).to.equal('Inconclusive');
    expect(alone.message).to.match(/nothing to compare with$/);
  });

  describe('beside a stable that gets no request any more', () => {
    const before = judgeCounts(WORSE, many([0, 20, 1, 180])).tally;
    const alone = (bad: number) => judgeCounts(WORSE, many([bad, 20, 0, 0]), startStep({ worse: before }).worse);

    it('holds canary to what stable showed before, and says so', () => {
      expect(alone(0).finding).to.include({ verdict: 'Successful' });
      expect(alone(0).finding.message).to.match(
        /^none of 800 requests failed; stable, which gets none now, was below [\d.]+% before; canary may be worse by 0\.2%$/,
      );
      expect(alone(3).finding).to.include({ verdict: 'Failed' });
    });

    it('waits for stable where it is only rare', () => {
      const rare = Array.from({ length: 60 }, (_, i): Look => [0, 20, 0, i % 5 === 0 ? 1 : 0]);
      const known = judgeCounts(WORSE, rare, startStep({ worse: before }).worse).tally;
      const outage = judgeCounts(
        WORSE,
        [
          [20, 20, 0, 0],
          [20, 20, 0, 0],
          [20, 20, 0, 0],
          [20, 20, 1, 1],
        ],
        known,
      );
      expect(outage.finding.verdict).to.not.equal('Failed');
    });

    it('does not stand in the way where stable never had one and canary has nothing to show, and is clear once it is below the margin anyway', () => {
      const canary = (bad: number, looks: number) =>
        judgeCounts(
          WORSE,
          Array.from({ length: looks }, (): Look => [bad, 100, 0, 0]),
        ).finding;
      expect([canary(0, 5).verdict, canary(0, 5).clear]).to.deep.equal(['Successful', false]);
      expect([canary(0, 60).verdict, canary(0, 60).clear]).to.deep.equal(['Successful', true]);
      expect(canary(1, 60).verdict).to.equal('Inconclusive');
    });
  });

  it('is clear of stable once it is sure that canary is not worse by the margin, and not at the margin itself', () => {
    const clear = (bad: number, looks: number) =>
      judgeCounts(
        { ...WORSE, margin: 0.01 },
        Array.from({ length: looks }, (): Look => [bad, 1_000, 20, 1_000]),
      ).finding.clear;
    expect([clear(20, 2), clear(20, 60), clear(29, 60)]).to.deep.equal([false, true, false]);
  });

  it('says in a word what bad requests did', () => {
    const said = (signal: Partial<EnvoySignal>) =>
      judgeCounts({ ...WORSE, margin: 0.5, ...signal }, [[10, 100, 0, 100]]).finding.message.split(',')[0];
    expect(said({ metric: 'unanswered' })).to.equal('10% of 100 requests got no answer');
    expect(said({ metric: 'codes', codes: ['4xx'] })).to.equal('10% of 100 requests got 4xx');
    expect(said({ metric: 'codes', codes: ['401', '429'] })).to.equal('10% of 100 requests got 401 or 429');
  });

  it('says so when stable is worse than canary by more than the margin', () => {
    const looks = Array.from({ length: 40 }, (): [number, number, number, number] => [0, 100, 10, 100]);
    const { finding } = judgeCounts(WORSE, looks);
    expect(finding.stableWorse).to.equal(true);
    expect(finding.message).to.match(/stable is worse than canary, so the trouble is not canary$/);
  });

  it('keeps requests that came alone until the other side has some', () => {
    const apart = Array.from({ length: 40 }, (): [number, number, number, number][] => [
      [1, 10, 0, 0],
      [0, 0, 0, 90],
    ]).flat();
    expect(judgeCounts(WORSE, apart).finding.verdict).to.equal('Failed');
  });

  it('becomes an error only after three seconds of errors, and is well again at the next counts', () => {
    const errors = (n: number) => Array.from({ length: n }, () => ({ kind: 'error' as const, why: 'connection refused' }));
    const healthy = judgeCounts(ERRORS, [[0, 100, 0, 100]]).tally;
    expect(judgeAll(ERRORS, errors(30), healthy).finding.verdict).to.equal('Inconclusive');
    const lost = judgeAll(ERRORS, errors(31), healthy);
    expect(lost.finding).to.include({ verdict: 'Error', message: 'could not be measured: connection refused' });
    expect(judgeCounts(ERRORS, [[0, 5, 0, 5]], lost.tally).finding.verdict).to.equal('Successful');
  });

  it('wants requests in every step anew', () => {
    const { errors } = startStep({ errors: judgeCounts(ERRORS, [[0, 1_000, 0, 0]]).tally });
    expect(findingOf(ERRORS, errors, CONTEXT).message).to.match(
      /^no traffic in this step: 0 requests reached canary, 0 stable \(before it: /,
    );
    expect(judgeCounts(ERRORS, [[0, 9, 0, 0]], errors).finding).to.include({ verdict: 'Successful', samples: 9 });
  });

  it('takes counts that make no sense for what they can be', () => {
    const { finding } = judgeCounts(ERRORS, [
      [-3, 10, 0, -4],
      [Number.NaN, 10, 0, 0],
      [2, 1, 0, 0],
    ]);
    expect(finding).to.include({ samples: 22, failed: 2 });
  });

  it('starts anew when the plan turns the signal into another kind', () => {
    const scalar = judgeAll(P95, [{ kind: 'scalar', value: 9 }]).tally;
    expect(judgeCounts(ERRORS, [[0, 10, 0, 0]], scalar).finding).to.include({ verdict: 'Successful', samples: 10 });
    expect(judgeCounts(WORSE, [[0, 10, 0, 10]], judgeCounts(ERRORS, [[9, 9, 0, 0]]).tally).finding.verdict).to.equal(
      'Successful',
    );
  });

  it('fails at the first bad request where none is allowed', () => {
    const strict = { ...ERRORS, max: 0 };
    expect(judgeCounts(strict, [[0, 1e6, 0, 0]]).finding.verdict).to.equal('Successful');
    expect(judgeCounts(strict, [[1, 50, 0, 0]]).finding.verdict).to.equal('Failed');
  });

  it('shares alpha among the signals that are judged by a test, and no others', () => {
    const signals: Signal[] = [ERRORS, SLOW, WORSE, P95, CHECKS];
    expect(alphaShare(ERRORS, signals)).to.be.closeTo(0.01 / 3, 1e-12);
    expect(alphaShare(P95, [P95], 0.05)).to.equal(0.05);
    expect(alphaShare(ERRORS, [...signals, SLOWER])).to.be.closeTo(0.01 / 4, 1e-12);
  });

  it('gives a dry run what it would get alone, and takes nothing from the others for it', () => {
    const trial: Signal = { ...WORSE, dryRun: true };
    expect(alphaShare(trial, [ERRORS, SLOW, trial])).to.equal(0.01);
    expect(alphaShare(ERRORS, [ERRORS, SLOW, trial])).to.equal(0.005);
  });

  it('says of a dry run that it is one, measured or not', () => {
    expect(findingOf({ ...ERRORS, dryRun: true }, undefined, CONTEXT)).to.include({ dryRun: true, verdict: 'Inconclusive' });
    expect(judgeCounts({ ...ERRORS, dryRun: true }, [[20, 100, 0, 100]]).finding).to.include({ dryRun: true, verdict: 'Failed' });
    expect(judgeCounts(ERRORS, [[20, 100, 0, 100]]).finding).to.not.have.property('dryRun');
  });
});
