import { expect } from 'chai';
import type { Signal } from '../../src/core/plan.js';
import { proofOf } from '../../src/core/proof.js';
import type { Finding } from '../../src/core/verdict.js';
import { finding } from '../support/world.js';

const ERRORS: Signal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };
const DRY: Signal = { ...ERRORS, name: 'dry', dryRun: true };
const P95 = { ...ERRORS, name: 'p95', source: 'prometheus' } as unknown as Signal;

const clear = (change: Partial<Finding> = {}): Finding =>
  finding('errors', 'Successful', { samples: 1_020, clear: true, band: { low: 0, high: 0.812 }, ...change });
const p95 = (change: Partial<Finding> = {}): Finding =>
  finding('p95', 'Successful', { source: 'prometheus', samples: 3, ...change });

describe('the proof of a weight', () => {
  const cases: readonly [string, readonly Signal[], readonly Finding[], 'clear' | 'open', RegExp][] = [
    ['counts beyond doubt', [ERRORS], [clear()], 'clear', /^errors: 1,020 requests, at most 0\.82% \(99%\)$/],
    [
      'good so far, and too few',
      [ERRORS],
      [clear({ samples: 12, clear: false, band: { low: 0, high: 32.4 } })],
      'open',
      /^errors: 12 requests, at most 33% \(99%\)$/,
    ],
    [
      'one request',
      [ERRORS],
      [clear({ samples: 1, clear: false, band: { low: 0, high: 99.97 } })],
      'open',
      /1 request, at most 100%/,
    ],
    ['no request', [ERRORS], [finding('errors', 'Inconclusive', { samples: 0 })], 'open', /^errors: 0 requests$/],
    ['never measured', [ERRORS], [], 'open', /^errors: not measured yet$/],
    [
      'above its bound',
      [ERRORS],
      [clear({ verdict: 'Inconclusive', clear: false, above: true })],
      'open',
      /^errors: 1,020 requests/,
    ],
    ['cannot be measured', [ERRORS], [finding('errors', 'Error')], 'open', /^errors: Error with numbers$/],
    [
      'stable is worse',
      [ERRORS],
      [clear({ verdict: 'Inconclusive', stableWorse: true })],
      'open',
      /^errors: Successful with numbers$/,
    ],
    [
      'clear beside a number that is good',
      [ERRORS, P95],
      [clear(), p95()],
      'clear',
      /^errors: .*; p95: Successful with numbers$/,
    ],
    ['a number that is not measured in this step', [ERRORS, P95], [clear(), p95({ samples: 0 })], 'open', /^p95: /],
    ['a number that missed', [ERRORS, P95], [clear(), p95({ verdict: 'Inconclusive' })], 'open', /^p95: /],
    [
      'a dry run that fails counts for nothing',
      [ERRORS, DRY],
      [clear(), finding('dry', 'Failed', { dryRun: true })],
      'clear',
      /^errors/,
    ],
    [
      'a dry run that is clear proves nothing',
      [DRY],
      [clear({ name: 'dry', dryRun: true })],
      'open',
      /^only dry runs are watched$/,
    ],
    ['no signal', [], [], 'open', /^no signal is watched/],
  ];
  for (const [name, signals, findings, kind, why] of cases)
    it(`${name}: ${kind}`, () => {
      const proof = proofOf({ signals }, findings);
      expect(proof.kind).to.equal(kind);
      expect(proof.why).to.match(why);
    });
});
