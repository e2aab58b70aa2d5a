import { adoptable } from '../drift.js';
import { storedLegs } from '../entries.js';
import { goOn, isToBegin, pendingAt } from '../go-on.js';
import { formatLegs, type Leg, sameShares, weightOf } from '../legs.js';
import { findResolverDrift, isAdoptableFilter, type ResolverDrift } from '../resolver-drift.js';
import { askedCanary, isFinal, type Rollout, runningAt } from '../rollout.js';
import { formatPercent } from '../weights.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** What to do with foreign weights when a rollout held for drift goes on. */
export type DriftChoice = 'adopt' | 'reassert' | undefined;

/** Lets a paused rollout go on from the step it stands at; a drifted one needs to be told whose weights count. */
export function resume(rollout: Rollout, context: VerbContext, choice: DriftChoice, steps: number): VerbResult {
  const { service, by, now, plan, seen } = context;
  const { state } = rollout;
  if (state.phase !== 'Paused') {
    if (isFinal(rollout))
      return refused(`${service} has no rollout under way: the last one is ${state.phase}`, `splitter ramp ${service} --to 10`);
    return { kind: 'nothing', message: `${service} is not paused: it is ${state.phase}` };
  }
  if (state.reason === 'TargetReached') {
    return refused(
      `${service} has reached its target of ${formatPercent(askedCanary(rollout))}; there is no step left`,
      `splitter ramp ${service} --to ${nextTarget(rollout)}   or   splitter promote ${service}`,
    );
  }
  if (state.reason === 'Drift') return resumeDrift(rollout, context, choice, steps);
  const step = plan?.steps[state.step];
  const waited = state.reason === 'StepTimeout' && step?.kind === 'pause' && step.for === undefined;
  const passed = state.reason === 'PauseStep' || waited;
  // What failed is run again: from Pending the step is entered anew, at the end the promotion is.
  const again = state.reason === 'ProgramFailed';
  const anew = again || state.reason === 'DriverLost';
  const stand = { rollout, seen, plan };
  const passes = (passed || again) && !isToBegin(stand);
  const next =
    anew && state.step < steps ? pendingAt(state.step) : passes ? runningAt(state.step, steps, true) : goOn(stand, steps);
  return write(rollout, { state: next, message: `resumed by ${by}`, enteredAt: now, by }, false);
}

function resumeDrift(rollout: Rollout, context: VerbContext, choice: DriftChoice, steps: number): VerbResult {
  const { service, by, now, seen, plan } = context;
  const stand = { rollout, seen, plan };
  const state = goOn(stand, steps);
  const undecided = refused(rollout.message, `splitter resume ${service} --adopt   or   splitter resume ${service} --reassert`);
  const stored = seen.splitter === undefined ? rollout.asked : storedLegs(seen, service);
  if (!sameShares(stored, rollout.asked)) {
    if (choice === undefined) return undecided;
    if (choice === 'reassert') {
      const message = `${by} put back ${formatLegs(rollout.asked)}`;
      return write(rollout, { asked: rollout.asked, state, message, enteredAt: now, by }, true);
    }
    if (!adoptable(rollout, stored))
      return refused(`${formatLegs(stored)} names what this rollout does not know`, `splitter resume ${service} --reassert`);
    // Weights that were adopted stand for those of the step.
    const adopted = goOn({ ...stand, rollout: { ...rollout, asked: stored }, plan: undefined }, steps);
    const message = `${by} adopted ${formatLegs(stored)}`;
    return write(rollout, { asked: stored, state: adopted, message, enteredAt: now, by }, false);
  }
  const drift = plan === undefined ? undefined : findResolverDrift(plan, rollout, seen);
  if (drift !== undefined) {
    if (choice === undefined) return undecided;
    return choice === 'adopt' ? adoptFilter(rollout, context, drift) : reassertFilter(rollout, context, drift, stored);
  }
  // From Pending a route that somebody took out is made again.
  const next = plan?.route === undefined ? state : pendingAt(rollout.state.step);
  return write(rollout, { state: next, message: `resumed by ${by}`, enteredAt: now, by }, false);
}

function adoptFilter(rollout: Rollout, { service, by, now }: VerbContext, { subset, theirs }: ResolverDrift): VerbResult {
  if (!isAdoptableFilter(theirs))
    return refused(
      `service-resolver/${service} names no instances of ${subset.name}, so there is nothing to go on with`,
      `splitter resume ${service} --reassert   or   splitter abort ${service}`,
    );
  const message = `${by} adopted ${subset.name} as ${theirs}`;
  const adopted = { ...rollout.adopted, [subset.name]: theirs };
  return write(rollout, { adopted, state: pendingAt(rollout.state.step), message, enteredAt: now, by }, false);
}

function reassertFilter(
  rollout: Rollout,
  { service, by, now }: VerbContext,
  { subset }: ResolverDrift,
  stored: readonly Leg[],
): VerbResult {
  const carries = weightOf(stored, subset.name);
  if (carries > 0)
    return refused(
      `${subset.name} carries ${formatPercent(carries)}; giving it other instances would move those users at once`,
      `splitter abort ${service}   or   splitter resume ${service} --adopt`,
    );
  const message = `${by} puts back ${subset.name} as ${rollout.adopted[subset.name] ?? subset.filter}`;
  return write(rollout, { state: pendingAt(rollout.state.step), message, enteredAt: now, by }, false);
}

function nextTarget(rollout: Rollout): number {
  return Math.min(100, Math.floor(askedCanary(rollout) / 100) * 2 || 10);
}
