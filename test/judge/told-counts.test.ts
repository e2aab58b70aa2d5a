import { expect } from 'chai';
import type { EnvoySignal } from '../../src/core/plan.js';
import type { Finding } from '../../src/core/verdict.js';
import { judge } from '../../src/judge/judge.js';
import { decodeTally, encodeTally, type SignalTally, startStep } from '../../src/judge/tally.js';
import { poisson, seeded } from './random.js';

const BOUND = 0.05;
const SIGNAL: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: BOUND };

/** The counts and the evidence that a sentence of a revert gives. */
function readSentence(message: string): { readonly bad: number; readonly total: number; readonly evidence: number } {
  const [, share, total, evidence] =
    /^([\d.]+)% of (?:the last )?([\d,]+) requests failed.*\(evidence (?:over )?([\d,]+) of/.exec(message)!;
  const requests = Number(total!.replace(/,/g, ''));
  return { bad: Math.round((Number(share) / 100) * requests), total: requests, evidence: Number(evidence!.replace(/,/g, '')) };
}

/** The most evidence against the bound that such counts can give: the likelihood ratio of their own share. */
function mostEvidence(bad: number, total: number): number {
  const share = bad / total;
  const good = total - bad;
  return (share / BOUND) ** bad * (good === 0 ? 1 : ((1 - share) / (1 - BOUND)) ** good);
}

describe('the counts that a finding tells', () => {
  it('can have given the evidence of a revert, whatever came before, and no value above its bound is Successful', () => {
    const random = seeded(19);
    let [reverts, stretches] = [0, 0];
    for (let run = 0; run < 2_000; run++) {
      const [rate, well, errors] = [1 + 40 * random(), Math.floor(60 * random()), 0.15 + 0.4 * random()];
      let tally: SignalTally | undefined;
      let finding: Finding | undefined;
      for (let look = 0; look < 400 && finding?.verdict !== 'Failed'; look++) {
        if (tally !== undefined && look % 15 === 14) tally = startStep(decodeTally(encodeTally({ errors: tally }))).errors;
        const share = look < well ? 0.01 : errors;
        const bad = poisson(random, rate * share);
        const canary = { bad, total: bad + poisson(random, rate * (1 - share)) };
        const measurement = { kind: 'counts' as const, canary, stable: { bad: 0, total: canary.total } };
        const reading = { signal: 'errors', at: look, query: '', raw: '', measurement };
        ({ tally, finding } = judge(SIGNAL, tally, reading, { alpha: 0.01, at: look }));
        if (finding.verdict === 'Successful') expect(Number.parseFloat(finding.value!)).to.be.at.most(100 * BOUND);
      }
      if (finding?.verdict !== 'Failed') continue;
      reverts++;
      if (/a stretch of them gives over the 100/.test(finding.message)) {
        stretches++;
        continue;
      }
      const { bad, total, evidence } = readSentence(finding.message);
      expect(evidence, finding.message).to.be.at.most(1.05 * mostEvidence(bad, total));
    }
    expect(reverts).to.be.above(1_900);
    expect(stretches / reverts, 'seldom is it told without its number').to.be.below(0.02);
  });
});
