import { expect } from 'chai';
import type { Measurement } from '../../src/core/verdict.js';
import { findingOf } from '../../src/judge/judge.js';
import { startStep } from '../../src/judge/tally.js';
import { CHECKS, CONTEXT, judgeAll, P95, PROBE } from './readings.js';

const values = (...numbers: number[]): Measurement[] => numbers.map((value) => ({ kind: 'scalar', value }));
const ERROR: Measurement = { kind: 'error', why: 'HTTP 503' };

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
