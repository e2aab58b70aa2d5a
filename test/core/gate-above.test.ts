import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Signal } from '../../src/core/plan.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';

const ERRORS: Signal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };
const MINUTE = 60_000;

function decideAfter(ms: number, pause: number, change: { readonly stepTimeout?: number; readonly above?: boolean } = {}) {
  const { stepTimeout = 15 * MINUTE, above = true } = change;
  const plan = makePlan({ steps: [weight(10), { kind: 'pause', for: pause }, weight(100)], signals: [ERRORS], stepTimeout });
  const rollout = makeRollout(10, { state: { phase: 'Progressing', reason: 'Stepping', step: 1 } });
  const findings = [finding('errors', 'Inconclusive', { above, value: '1.2%', bound: '<= 1%' })];
  return decide({ plan, rollout, seen: makeSeen(rollout, { findings }), tally: '', ran: [], now: NOON + ms });
}

describe('a value above its bound that is no evidence of harm', () => {
  const HELD = /^errors: Inconclusive with numbers$/;
  const PASSED = /10% -> 100% \(errors is 1\.2%, above its bound \(<= 1%\), which is no evidence of harm\)$/;
  const cases: readonly [string, Parameters<typeof decideAfter>, RegExp][] = [
    ['holds a step that is over', [MINUTE, MINUTE], HELD],
    ['for as long again as the step took', [2 * MINUTE - 1, MINUTE], HELD],
    ['and then passes aloud', [2 * MINUTE, MINUTE], PASSED],
    ['a short step for half a minute', [30_999, 1_000], HELD],
    ['and no longer', [31_000, 1_000], PASSED],
    ['a long one for five minutes', [65 * MINUTE - 1, 60 * MINUTE], HELD],
    ['and no longer than that', [65 * MINUTE, 60 * MINUTE], PASSED],
    ['and never until it times out', [11_000, 1_000, { stepTimeout: 10_000 }], PASSED],
    ['evidence of harm holds on', [2 * MINUTE, MINUTE, { above: false }], HELD],
  ];
  for (const [name, args, why] of cases) it(name, () => expect(decideAfter(...args).why).to.match(why));
});
