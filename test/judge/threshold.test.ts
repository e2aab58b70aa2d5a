import { expect } from 'chai';
import type { PrometheusSignal } from '../../src/core/plan.js';
import type { Measurement } from '../../src/core/verdict.js';
import { findingOf } from '../../src/judge/judge.js';
import { decodeTally, encodeTally, startStep } from '../../src/judge/tally.js';
import { CHECKS, CONTEXT, judgeAll, P95, PROBE } from './readings.js';

const values = (...numbers: number[]): Measurement[] => numbers.map((value) => ({ kind: 'scalar', value }));
const ERROR: Measurement = { kind: 'error', why: 'HTTP 503' };
const NONE: Measurement = { kind: 'none', why: 'empty result' };

describe('judging numbers', () => {
  const cases: [string, Measurement[], string][] = [
    ['within the bound', values(0.4), 'Successful'],
    ['on the bound', values(0.5), 'Successful'],
    ['a miss within the failure limit', values(0.6), 'Inconclusive'],
    ['well again after one miss', values(0.6, 0.4), 'Successful'],
    ['more misses than the limit, apart', values(0.6, 0.4, 0.6), 'Failed'],
    ['failed for good', values(0.6, 0.6, 0.1, 0.1), 'Failed'],
    ['not a number', values(0.1, Number.NaN), 'Inconclusive'],
    ['infinite', values(Number.POSITIVE_INFINITY), 'Inconclusive'],
    ['nothing', [{ kind: 'none', why: 'empty result' }], 'Inconclusive'],
    ['as many errors as may be', [ERROR, ERROR], 'Inconclusive'],
    ['an error too many', [ERROR, ERROR, ERROR], 'Error'],
    ['errors that a number interrupts', [ERROR, ERROR, ...values(0.1), ERROR], 'Inconclusive'],
    ['a number after errors', [ERROR, ERROR, ERROR, ...values(0.1)], 'Successful'],
    ['counts by mistake', [{ kind: 'counts', canary: { bad: 0, total: 1 }, stable: { bad: 0, total: 1 } }], 'Inconclusive'],
  ];
  for (const [name, measurements, verdict] of cases) {
    it(`says ${verdict} to ${name}`, () => {
      expect(judgeAll(P95, measurements).finding.verdict).to.equal(verdict);
    });
  }

  const [good, miss] = values(0.4, 0.6) as [Measurement, Measurement];
  const nan = values(Number.NaN)[0]!;
  const limited = (limits: Partial<PrometheusSignal>): PrometheusSignal => ({
    ...P95,
    failureLimit: 99,
    errorLimit: 99,
    ...limits,
  });
  const limits: [string, PrometheusSignal, Measurement[], string][] = [
    ['failure_limit 0, one miss', limited({ failureLimit: 0 }), [good, miss], 'Failed'],
    ['failure_limit 2, two misses', limited({ failureLimit: 2 }), [miss, miss, good], 'Successful'],
    ['failure_limit 2, three misses', limited({ failureLimit: 2 }), [miss, miss, good, miss], 'Failed'],
    ['failure_limit 2, two misses and gaps', limited({ failureLimit: 2 }), [miss, nan, NONE, miss, ERROR, good], 'Successful'],
    ['failure_limit 2, three misses with gaps between', limited({ failureLimit: 2 }), [miss, nan, miss, NONE, miss], 'Failed'],
    ['consecutive 3, two in a row', limited({ consecutive: 3 }), [miss, miss, good, miss, miss], 'Inconclusive'],
    ['consecutive 3, three in a row', limited({ consecutive: 3 }), [good, miss, miss, miss], 'Failed'],
    ['consecutive 3, two in a row and a gap', limited({ consecutive: 3 }), [miss, nan, miss, NONE], 'Inconclusive'],
    ['consecutive 3, three in a row with gaps between', limited({ consecutive: 3 }), [miss, nan, miss, ERROR, miss], 'Failed'],
    ['consecutive 3, a good one between', limited({ consecutive: 3 }), [miss, miss, nan, good, miss], 'Inconclusive'],
    ['error_limit 0, one error', limited({ errorLimit: 0 }), [good, ERROR], 'Error'],
    ['error_limit 2, two errors', limited({ errorLimit: 2 }), [good, ERROR, ERROR], 'Inconclusive'],
    ['error_limit 2, three errors', limited({ errorLimit: 2 }), [good, ERROR, ERROR, ERROR], 'Error'],
    ['error_limit 2, three errors with a gap between', limited({ errorLimit: 2 }), [ERROR, ERROR, NONE, ERROR], 'Inconclusive'],
    ['inconclusive_limit 0, no gap', limited({ inconclusiveLimit: 0 }), [good], 'Successful'],
    ['inconclusive_limit 0, one gap', limited({ inconclusiveLimit: 0 }), [good, nan], 'Inconclusive'],
    ['inconclusive_limit 2, two gaps', limited({ inconclusiveLimit: 2 }), [good, nan, NONE], 'Successful'],
    ['inconclusive_limit 2, three gaps', limited({ inconclusiveLimit: 2 }), [good, nan, NONE, nan], 'Inconclusive'],
    ['inconclusive_limit 2, a number between', limited({ inconclusiveLimit: 2 }), [good, nan, nan, good, nan, nan], 'Successful'],
    ['inconclusive_limit 2, an error among three', limited({ inconclusiveLimit: 2 }), [good, nan, ERROR, nan], 'Inconclusive'],
    ['inconclusive_limit 2, an error last', limited({ inconclusiveLimit: 2 }), [good, nan, ERROR], 'Inconclusive'],
    ['inconclusive_limit 2, gaps after a miss', limited({ inconclusiveLimit: 2 }), [good, miss, nan], 'Inconclusive'],
    ['inconclusive_limit 2, gaps and no number yet', limited({ inconclusiveLimit: 2 }), [nan, NONE], 'Inconclusive'],
  ];
  for (const [name, signal, measurements, verdict] of limits) {
    it(`says ${verdict} at a boundary: ${name}`, () => {
      expect(judgeAll(signal, measurements).finding.verdict).to.equal(verdict);
    });
  }

  it('counts the samples as long as the verdict stands, and none once data are missing', () => {
    const patient = limited({ inconclusiveLimit: 1 });
    const standing = judgeAll(patient, [good, good, nan]);
    expect(standing.finding).to.include({
      samples: 2,
      message:
        'the value is 0.4; the bound is <= 0.5; 2 measurements, all good; no data, 1 time in a row (1 may be): the answer is NaN, which is no number to judge',
    });
    const missing = judgeAll(patient, [NONE], standing.tally);
    expect(missing.finding).to.include({ samples: 0, message: 'no data, 2 times in a row (1 may be): empty result' });
    expect(judgeAll(patient, [good], missing.tally).finding).to.include({ verdict: 'Successful', samples: 3 });
  });

  it('remembers over a restart how long there was no number', () => {
    const patient = limited({ inconclusiveLimit: 2 });
    const read = decodeTally(encodeTally({ s: judgeAll(patient, [good, ERROR, NONE]).tally })).s;
    expect(findingOf(patient, read, CONTEXT).verdict).to.equal('Successful');
    expect(judgeAll(patient, [NONE], read).finding.verdict).to.equal('Inconclusive');
  });

  it('holds a value to both ends of a range', () => {
    const range = { ...P95, min: 0.1 };
    expect(judgeAll(range, values(0.05, 0.05)).finding).to.include({ verdict: 'Failed', bound: '>= 0.1 and <= 0.5' });
  });

  it('fails after so many misses in a row, whatever the limit in all', () => {
    expect(judgeAll(PROBE, values(0, 1, 0, 1, 0)).finding.verdict).to.equal('Inconclusive');
    expect(judgeAll(PROBE, values(0, 1, 0, 0)).finding).to.include({ verdict: 'Failed', value: 'failed', bound: 'any 2xx' });
  });

  it('fails when canary has too few instances twice in a row', () => {
    expect(judgeAll(CHECKS, values(2, 1)).finding.verdict).to.equal('Inconclusive');
    expect(judgeAll(CHECKS, values(2, 1, 2, 1)).finding.verdict).to.equal('Inconclusive');
    const { finding } = judgeAll(CHECKS, values(2, 1, 1));
    expect(finding).to.include({ verdict: 'Failed', value: '1', bound: '>= 2' });
    expect(finding.message).to.match(
      /^1 canary instance passes its checks; the bound is >= 2; 2 of 3 measurements missed it, 2 in a row/,
    );
  });

  it('wants a measurement in every step anew, and keeps the misses', () => {
    const { p95 } = startStep({ p95: judgeAll(P95, values(0.6, 0.4)).tally });
    expect(findingOf(P95, p95, CONTEXT)).to.include({ verdict: 'Inconclusive', samples: 0 });
    expect(judgeAll(P95, values(0.6), p95).finding.verdict).to.equal('Failed');
  });

  it('tells the reason of an error and how many may follow', () => {
    expect(judgeAll(P95, [ERROR]).finding.message).to.equal('could not be measured, 1 time in a row (2 may be): HTTP 503');
    expect(judgeAll(P95, [ERROR, { kind: 'none', why: 'empty result' }]).finding.message).to.equal('no data: empty result');
    expect(findingOf(PROBE, undefined, CONTEXT)).to.include({ message: 'no data yet', bound: 'any 2xx' });
    expect(findingOf({ ...PROBE, expect: [200, 401] }, undefined, CONTEXT).bound).to.equal('200 or 401');
  });
});
