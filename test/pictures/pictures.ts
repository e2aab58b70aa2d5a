import { liveLines } from '../../src/view/live.js';
import { COLOUR } from '../../src/view/style.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';
import { drawTerminal } from './svg.js';

const plan = makePlan({
  steps: [weight(10), { kind: 'pause', for: 300_000 }, weight(20), { kind: 'pause', for: 300_000 }, weight(50)],
});

const good = finding('errors', 'Successful', { value: '0.16%', bound: '<= 0.5%', samples: 1224, at: NOON + 149_000 });
const slow = finding('slow', 'Inconclusive', { value: '3.9%', bound: '<= 5%', samples: 1224, at: NOON + 149_000 });

function ramping(): readonly string[] {
  const rollout = makeRollout(10, { state: { phase: 'Progressing', reason: 'Stepping', step: 1 } });
  const seen = makeSeen(rollout, {
    observed: { blue: 8_980, green: 1_020 },
    findings: [good, slow],
    instances: { blue: { passing: 6, warning: 0, critical: 0 }, green: { passing: 2, warning: 0, critical: 0 } },
  });
  return liveLines(
    { plan, rollout, seen, why: 'pause of 5m', wakeAt: NOON + 300_000, now: NOON + 151_000 },
    'ramp:dana',
    COLOUR,
    80,
  );
}

function reverted(): readonly string[] {
  const message = 'errors: 6.1% of the last 212 requests failed: 13; the bound is 0.5% (evidence 312 of the 100 needed)';
  const rollout = makeRollout(0, { state: { phase: 'Reverted', reason: 'SignalFailed', step: 1 }, message });
  const bad = finding('errors', 'Failed', { value: '6.1%', bound: '<= 0.5%', samples: 212, at: NOON });
  const seen = makeSeen(rollout, {
    observed: { blue: 10_000, green: 0 },
    findings: [bad, slow],
    instances: { blue: { passing: 6, warning: 0, critical: 0 }, green: { passing: 2, warning: 0, critical: 0 } },
  });
  return liveLines({ plan, rollout, seen, why: message, wakeAt: NOON, now: NOON + 42_000 }, 'ramp:dana', COLOUR, 80);
}

/** Every picture of the documentation by file name, drawn from the real views at a frozen moment. */
export const PICTURES: Readonly<Record<string, string>> = {
  'ramp.svg': drawTerminal('splitter ramp payments: 10% of the traffic is on green, signals are within their bounds', ramping()),
  'reverted.svg': drawTerminal('splitter ramp payments: errors broke their bound, all traffic is back on blue', reverted()),
};
