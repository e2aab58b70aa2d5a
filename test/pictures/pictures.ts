import { ASCII, type Glyphs, UNICODE } from '../../src/view/chart.js';
import { liveLines } from '../../src/view/live.js';
import { COLOUR } from '../../src/view/style.js';
import { Trail } from '../../src/view/trail.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';
import { drawTerminal } from './svg.js';

const plan = makePlan({
  steps: [weight(10), { kind: 'pause', for: 300_000 }, weight(20), { kind: 'pause', for: 300_000 }, weight(50)],
});

const good = finding('errors', 'Successful', { value: '0.16%', bound: '<= 0.5%', samples: 1224, at: NOON + 149_000 });
const slow = finding('slow', 'Inconclusive', { value: '3.9%', bound: '<= 5%', samples: 1224, at: NOON + 149_000 });

const DRIVER = 'ramp here, Ctrl-C leaves it';
const INSTANCES = {
  blue: { passing: 6, warning: 0, critical: 0 },
  green: { passing: 2, warning: 0, critical: 0 },
};

/** Three minutes of a ramp from 1% on, as a view has watched them. */
function watched(until: number): Trail {
  const trail = new Trail();
  for (let at = NOON - 180_000; at <= until; at += 1_000) {
    const early = at < NOON;
    const rollout = makeRollout(early ? 5 : 10, {
      seq: early ? 6 : 7,
      enteredAt: early ? NOON - 180_000 : NOON,
      message: early ? 'canary green 1% -> 5%' : 'canary green 5% -> 10%',
    });
    const wave = Math.sin(at / 17_000) + Math.sin(at / 5_300) / 2;
    const findings = [
      finding('errors', 'Successful', { value: `${(0.16 + 0.06 * wave).toFixed(2)}%`, bound: '<= 0.5%' }),
      finding('slow', 'Inconclusive', { value: `${(3.7 + 0.5 * wave).toFixed(1)}%`, bound: '<= 5%' }),
    ];
    const share = Math.round((early ? 500 : 1_000) + 25 * wave);
    trail.add({ plan, rollout, seen: makeSeen(rollout, { findings, observed: { green: share } }), why: '', now: at });
  }
  return trail;
}

function ramping(canvas: { readonly columns: number; readonly glyphs: Glyphs }): readonly string[] {
  const message = 'canary green 5% -> 10%';
  const rollout = makeRollout(10, { state: { phase: 'Progressing', reason: 'Stepping', step: 1 }, message, plan: '3f9c1e2d' });
  const seen = makeSeen(rollout, { observed: { blue: 8_980, green: 1_020 }, findings: [good, slow], instances: INSTANCES });
  const now = NOON + 151_000;
  const moment = { plan, rollout, seen, why: 'pause of 5m', wakeAt: NOON + 300_000, now };
  return liveLines(moment, DRIVER, { style: COLOUR, ...canvas }, watched(now));
}

function reverted(): readonly string[] {
  const message = 'errors: 6.1% of the last 212 requests failed: 13; the bound is 0.5% (evidence 312 of the 100 needed)';
  const state = { phase: 'Reverted', reason: 'SignalFailed', step: 1 } as const;
  const rollout = makeRollout(0, { state, message, plan: '3f9c1e2d' });
  const bad = finding('errors', 'Failed', { value: '6.1%', bound: '<= 0.5%', samples: 212, at: NOON });
  const seen = makeSeen(rollout, { observed: { blue: 10_000, green: 0 }, findings: [bad, slow], instances: INSTANCES });
  const moment = { plan, rollout, seen, why: message, wakeAt: NOON, now: NOON + 42_000 };
  return liveLines(moment, DRIVER, { style: COLOUR, columns: 80 });
}

/** Every picture of the documentation by file name, drawn from the real views at a frozen moment. */
export const PICTURES: Readonly<Record<string, string>> = {
  'ramp.svg': drawTerminal(
    'splitter ramp payments: 10% of the traffic is on green, signals are within their bounds',
    ramping({ columns: 80, glyphs: ASCII }),
  ),
  'ramp-wide.svg': drawTerminal(
    'splitter ramp payments on a wide screen: the same with charts of the weight and of each signal',
    ramping({ columns: 120, glyphs: UNICODE }),
    120,
  ),
  'reverted.svg': drawTerminal('splitter ramp payments: errors broke their bound, all traffic is back on blue', reverted()),
};
