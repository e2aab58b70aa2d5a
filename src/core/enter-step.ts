import { type Decision, type Situation, transition } from './decision.js';
import { formatDuration } from './duration.js';
import { holdForAddresses, holdForCapacity, holdForFailure } from './gate.js';
import { holdWhileClosed } from './hold-closed.js';
import { roomFor, splitLegs } from './legs.js';
import { awaitProgram, describeFailure } from './programs.js';
import { askedCanary, extraLegs } from './rollout.js';
import { hold, paused } from './stand.js';
import { describeStep, describeWaiting, skipReached } from './steps.js';
import { formatPercent } from './weights.js';

/** Leaves the step of this index for good: its `after_step` hook runs (a failure is reported, and holds nothing up), then the next step is entered. */
export function passStep(situation: Situation, index: number, said: readonly string[] = []): Decision {
  const hook = situation.plan.hooks?.after_step;
  if (hook === undefined) return enterStep(situation, index + 1, said);
  const run = awaitProgram(situation, 'after_step', index, hook);
  if ('decision' in run) return run.decision;
  return enterStep(situation, index + 1, [...said, run.outcome.ok ? 'after_step passed' : describeFailure(run.outcome)]);
}

/**
 * Enters the step of this index (or what follows the last one); raising the weight needs instances and, once canary has traffic, evidence.
 * `said`: what programs have said on the way; the record keeps it, for the log of whoever comes after a crash.
 * `hooked` false: a person goes on without its `before_step`.
 */
export function enterStep(situation: Situation, index: number, said: readonly string[] = [], hooked = true): Decision {
  const { plan, rollout, now } = situation;
  const current = askedCanary(rollout);
  const at = skipReached(plan.steps, index, current);
  const step = plan.steps[at];
  if (step === undefined) return finishSteps(situation, noteOf(said));
  // Further legs keep their share: all traffic is what they leave.
  const to = step.kind === 'weight' ? Math.min(step.to, roomFor(extraLegs(rollout))) : current;
  const raises = to > current;
  const closed = raises ? holdWhileClosed(situation) : undefined;
  if (closed !== undefined) return closed;
  const obstacle = raises
    ? (holdForFailure(situation) ?? holdForCapacity(situation, to) ?? holdForAddresses(situation))
    : undefined;
  if (obstacle !== undefined) return hold(situation, obstacle, 0);
  const hook = hooked ? plan.hooks?.before_step : undefined;
  const run = hook && awaitProgram(situation, 'before_step', at, hook, to);
  if (run !== undefined && 'decision' in run) return run.decision;
  if (run?.outcome.ok === false) return paused(situation, 'ProgramFailed', describeFailure(run.outcome) + noteOf(said), at);
  const note = noteOf(run === undefined ? said : [...said, 'before_step passed']);
  if (step.kind === 'pause' && step.for === undefined)
    return paused(situation, 'PauseStep', `${describeWaiting(step, current, plan.service)}${note}`, at);
  const state = { phase: 'Progressing', reason: 'Stepping', step: at } as const;
  if (step.kind !== 'weight') return transition(situation, { state, message: describeStep(step) + note, enteredAt: now });
  const asked = splitLegs(rollout.stable, rollout.canary, to, extraLegs(rollout));
  const down = to < current ? ' (going down, as asked)' : '';
  const message = `canary ${rollout.canary} ${formatPercent(current)} -> ${formatPercent(to)}${down}${note}`;
  return transition(situation, { asked, state, message, enteredAt: now });
}

function noteOf(said: readonly string[]): string {
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

function finishSteps(situation: Situation, note: string): Decision {
  const { plan, rollout, now } = situation;
  const current = askedCanary(rollout);
  const step = plan.steps.length;
  if (current === roomFor(extraLegs(rollout))) {
    return transition(situation, {
      state: { phase: 'Baking', reason: 'Watching', step },
      message: `all traffic is on ${rollout.canary}; baking for ${formatDuration(plan.bake)}${note}`,
      enteredAt: now,
    });
  }
  return paused(situation, 'TargetReached', `the target of ${formatPercent(current)} is reached${note}`, step);
}
