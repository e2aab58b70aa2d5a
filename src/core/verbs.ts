import { adoptable } from './drift.js';
import { legsOf, type StoredEntry } from './entries.js';
import { formatLegs, roomFor, sameShares, splitLegs } from './legs.js';
import type { Observation } from './observation.js';
import { serving } from './observation.js';
import { followsCanary, reverted } from './revert.js';
import { askedCanary, extraLegs, isFinal, nextRollout, type Rollout, runningAt, type State } from './rollout.js';
import { formatPercent } from './weights.js';

/** What a verb makes of a rollout: a record to write (moving weights or not), nothing to do, or a refusal with what to type instead. */
export type VerbResult =
  | { readonly kind: 'write'; readonly next: Rollout; readonly move: boolean }
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** What a verb may look at besides the record. */
export interface VerbContext {
  readonly service: string;
  readonly seen: Observation;
  readonly by: string;
  readonly now: number;
}

/** Holds the rollout where it is; signals still revert it. */
export function pause(rollout: Rollout, context: VerbContext): VerbResult {
  const { service, by, now } = context;
  const { state } = rollout;
  // A rollout that waits for a signal goes on by itself when the signal is back; one that a person paused does not.
  const waits = state.phase === 'Paused' && state.reason === 'SignalError';
  switch (waits ? 'Progressing' : state.phase) {
    case 'Paused':
      return { kind: 'nothing', message: `${service} is paused already (${state.reason})` };
    case 'Pending':
    case 'Progressing':
    case 'Baking':
      return write(
        rollout,
        {
          state: { phase: 'Paused', reason: 'Operator', step: state.step },
          message: `paused by ${by} at ${formatPercent(askedCanary(rollout))}`,
          enteredAt: now,
          by,
        },
        false,
      );
    case 'Promoting':
    case 'Reverting':
      return refused(`${service} is ${state.phase.toLowerCase()} and will be done in a moment`, `splitter status ${service} -w`);
    case 'Promoted':
    case 'Reverted':
    case 'Superseded':
      return refused(`${service} has no rollout under way: the last one is ${state.phase}`, `splitter ramp ${service} --to 10`);
  }
}

/** What to do with foreign weights when a rollout held for drift goes on. */
export type DriftChoice = 'adopt' | 'reassert' | undefined;

/** Lets a paused rollout go on from the step it stands at; a drifted one needs to be told whose weights count. */
export function resume(rollout: Rollout, context: VerbContext, choice: DriftChoice, steps: number): VerbResult {
  const { service, by, now, seen } = context;
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
  const running = (resumed: boolean): State => runningAt(state.step, steps, resumed);
  const stored = seen.splitter === undefined ? rollout.asked : legsOf(seen.splitter.entry, service);
  if (state.reason === 'Drift' && !sameShares(stored, rollout.asked)) {
    if (choice === undefined)
      return refused(`${rollout.message}`, `splitter resume ${service} --adopt   or   splitter resume ${service} --reassert`);
    if (choice === 'reassert')
      return write(
        rollout,
        {
          asked: rollout.asked,
          state: running(false),
          message: `${by} put back ${formatLegs(rollout.asked)}`,
          enteredAt: now,
          by,
        },
        true,
      );
    if (!adoptable(rollout, stored))
      return refused(`${formatLegs(stored)} names what this rollout does not know`, `splitter resume ${service} --reassert`);
    return write(
      rollout,
      { asked: stored, state: running(false), message: `${by} adopted ${formatLegs(stored)}`, enteredAt: now, by },
      false,
    );
  }
  return write(rollout, { state: running(state.reason === 'PauseStep'), message: `resumed by ${by}`, enteredAt: now, by }, false);
}

/** Passes the present step without waiting for it; at a reached target, and with `full` from anywhere, goes to all traffic. */
export function promote(rollout: Rollout, context: VerbContext, full: boolean, steps: number): VerbResult {
  const { service, by, now, seen } = context;
  const { state } = rollout;
  if (state.phase === 'Promoted' || state.phase === 'Promoting')
    return {
      kind: 'nothing',
      message: `${rollout.canary} is ${state.phase === 'Promoted' ? 'promoted already' : 'being promoted'}`,
    };
  if (isFinal(rollout) || state.phase === 'Reverting')
    return refused(`${service} has nothing to promote: the last rollout is ${state.phase}`, `splitter ramp ${service} --to 10`);
  if (serving(seen.instances[rollout.canary]) === 0)
    return refused(`${rollout.canary} has no passing sidecar: all its traffic would fail`, `splitter status ${service}`);
  if (state.phase === 'Paused' && state.reason === 'Drift')
    return refused(rollout.message, `splitter resume ${service} --adopt   or   splitter resume ${service} --reassert`);
  const everything = splitLegs(rollout.stable, rollout.canary, roomFor(extraLegs(rollout)), extraLegs(rollout));
  if (full) {
    const done: State = { phase: 'Promoting', reason: 'PromotedInFull', step: steps };
    return write(
      rollout,
      { asked: everything, state: done, message: `promoted in full by ${by}: steps and bake skipped`, enteredAt: now, by },
      true,
    );
  }
  if (state.phase === 'Paused' && state.reason === 'TargetReached') {
    const baking: State = { phase: 'Baking', reason: 'Watching', step: steps };
    return write(
      rollout,
      {
        asked: everything,
        state: baking,
        message: `promoted by ${by} from ${formatPercent(askedCanary(rollout))}: all traffic is on ${rollout.canary}, baking`,
        enteredAt: now,
        by,
      },
      true,
    );
  }
  return write(
    rollout,
    { state: runningAt(state.step, steps, state.phase !== 'Pending'), message: `step passed by ${by}`, enteredAt: now, by },
    false,
  );
}

/** Takes all traffic back to stable, whatever the rollout is doing. Repeating it, or doing it after a revert, changes nothing more. */
export function abort(rollout: Rollout, context: VerbContext): VerbResult {
  const { service, by, now, seen } = context;
  const { state } = rollout;
  if (state.phase === 'Promoted' && !atStable(seen.splitter, service, rollout.asked)) {
    const message = `${by} put back ${formatLegs(rollout.asked)}, which is what was promoted`;
    return write(rollout, { asked: rollout.asked, message, by }, true);
  }
  if (state.phase === 'Promoted')
    return refused(`${rollout.canary} was promoted: it is stable now, and nothing is under way`, `splitter undo ${service}`);
  // A promotion may be moving the default subset this very moment: its clean-up is always looked after.
  const change = reverted(
    rollout,
    'Aborted',
    `aborted by ${by}`,
    now,
    state.phase === 'Promoting' || followsCanary(seen, rollout),
  );
  const settled = state.phase === 'Reverted' || state.phase === 'Reverting' || state.phase === 'Superseded';
  if (settled && atStable(seen.splitter, service, change.asked))
    return { kind: 'nothing', message: `${service} is on ${rollout.stable} already (${state.phase}: ${state.reason})` };
  return write(rollout, { ...change, by }, true);
}

/** Takes a finished promotion back in one write, while the old subset still runs and the undo window is open. */
export function undo(rollout: Rollout, context: VerbContext, window: number): VerbResult {
  const { service, by, now, seen } = context;
  const { state } = rollout;
  if (state.reason === 'Undone')
    return { kind: 'nothing', message: `${service} is undone already: ${rollout.stable} has everything` };
  if (state.phase !== 'Promoted') {
    const hint = isFinal(rollout) ? `splitter status ${service}` : `splitter abort ${service}`;
    return refused(`${service} has no promotion to undo: it is ${state.phase}`, hint);
  }
  if (serving(seen.instances[rollout.stable]) === 0)
    return refused(
      `${rollout.stable} has no passing sidecar any more: all traffic would fail`,
      `splitter ramp ${service} --to 10`,
    );
  if (now > rollout.enteredAt + window)
    return refused(
      `the undo window of ${service} is closed since ${new Date(rollout.enteredAt + window).toISOString()}`,
      `splitter ramp ${service} --to 10`,
    );
  return write(
    rollout,
    { ...reverted(rollout, 'Undone', `undone by ${by}: back on ${rollout.stable}`, now, followsCanary(seen, rollout)), by },
    true,
  );
}

/** Gives a rollout under way new steps, those of another plan, to be entered from where its weight stands now. */
export function retarget(rollout: Rollout, context: VerbContext, plan: string, driver: string): VerbResult {
  const { service, by, now, seen } = context;
  if (isFinal(rollout))
    return refused(
      `${service} has no rollout under way: the last one is ${rollout.state.phase}`,
      `splitter ramp ${service} --to 10`,
    );
  if (rollout.state.phase === 'Promoting' || rollout.state.phase === 'Reverting')
    return refused(
      `${service} is ${rollout.state.phase.toLowerCase()} and will be done in a moment`,
      `splitter status ${service} -w`,
    );
  const stored = seen.splitter === undefined ? rollout.asked : legsOf(seen.splitter.entry, service);
  if (!adoptable(rollout, stored))
    return refused(
      `service-splitter/${service} says ${formatLegs(stored)}, which this rollout does not know`,
      `splitter resume ${service} --reassert`,
    );
  return write(
    rollout,
    {
      asked: stored,
      state: { phase: 'Pending', reason: 'Starting', step: 0 },
      plan,
      driver,
      message: `${by} goes on from ${formatLegs(stored)}`,
      enteredAt: now,
      by,
    },
    false,
  );
}

function atStable(stored: StoredEntry | undefined, service: string, asked: Rollout['asked']): boolean {
  return stored !== undefined && sameShares(legsOf(stored.entry, service), asked);
}

function nextTarget(rollout: Rollout): number {
  return Math.min(100, Math.floor(askedCanary(rollout) / 100) * 2 || 10);
}

function write(rollout: Rollout, change: Parameters<typeof nextRollout>[1], move: boolean): VerbResult {
  return { kind: 'write', next: nextRollout(rollout, change), move };
}

function refused(message: string, hint: string): VerbResult {
  return { kind: 'refused', message, hint };
}
