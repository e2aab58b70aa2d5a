import { strandedIn, unreadSites } from '../datacenters.js';
import { formatDuration } from '../duration.js';
import { isToBegin } from '../go-on.js';
import { roomFor, splitLegs } from '../legs.js';
import { isGone, serving } from '../observation.js';
import type { HookName } from '../plan.js';
import { asItStood, extraLegs, isFinal, nextRollout, type Rollout, runningAt, type State } from '../rollout.js';
import { describeMove } from './describe-move.js';
import { obeyClosed } from './obey-closed.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Passes the present step without waiting for it; at a reached target, and with `full` from anywhere, goes to all traffic. Not while a freeze or a closed window holds everybody, but by force, or in full off a stable that is gone. */
export function promote(held: Rollout, context: VerbContext, full: boolean, steps: number): VerbResult {
  const rollout = asItStood(held);
  const result = passStep(rollout, context, full, steps);
  if (full && isGone(context.seen.instances[rollout.stable])) return result;
  return obeyClosed(rollout, context, result, `promote ${context.service}${full ? ' --full' : ''}`);
}

function passStep(rollout: Rollout, context: VerbContext, full: boolean, steps: number): VerbResult {
  const { service, by, now, seen, plan } = context;
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
  const spread = { plan: plan ?? {}, seen };
  const [stranded] = strandedIn(spread, rollout.canary, rollout.stable);
  if (stranded !== undefined)
    return refused(
      `${rollout.canary} has no passing sidecar in ${stranded}: all its traffic there would fail`,
      `splitter status ${service}   shows every datacenter`,
    );
  const [unread] = unreadSites(spread);
  if (unread !== undefined)
    return refused(
      `whether ${rollout.canary} runs in ${unread.name} is not known: ${unread.unread}`,
      `splitter status ${service}   shows every datacenter;   datacenters in the plan says which ones count`,
    );
  if (state.phase === 'Paused' && state.reason === 'Drift')
    return refused(rollout.message, `splitter resume ${service} --adopt   or   splitter resume ${service} --reassert`);
  // A person who promotes past a failed hook goes on without it.
  const once = state.reason === 'ProgramFailed' ? (['before_start', 'before_promote'] as readonly HookName[]) : [];
  const owes = rollout.owes.filter((hook) => !once.includes(hook));
  const moving = (change: Partial<Pick<Rollout, 'asked' | 'owes' | 'state'>>, say: (move: string) => string): VerbResult => {
    const next = nextRollout(rollout, change);
    return write(
      rollout,
      { ...change, message: say(describeMove(rollout, next, context)), enteredAt: now, by },
      'asked' in change,
    );
  };
  const everything = splitLegs(rollout.stable, rollout.canary, roomFor(extraLegs(rollout)), extraLegs(rollout));
  if (full) {
    const done: State = { phase: 'Promoting', reason: 'PromotedInFull', step: steps };
    return moving(
      { asked: everything, owes, state: done },
      (move) => `promoted in full by ${by}: ${move}; steps and bake skipped`,
    );
  }
  if (plan?.deadline !== undefined && now >= rollout.startedAt + plan.deadline)
    return refused(
      `the deadline of ${formatDuration(plan.deadline)} is over: whatever goes on now is taken back`,
      `splitter promote ${service} --full   or   splitter abort ${service}`,
    );
  if (state.phase === 'Paused' && state.reason === 'TargetReached') {
    const baking: State = { phase: 'Baking', reason: 'Watching', step: steps };
    return moving({ asked: everything, state: baking }, (move) => `promoted by ${by}: ${move}, baking`);
  }
  if (state.step < steps && isToBegin({ plan, rollout: { ...rollout, owes }, seen }))
    return refused(
      `${service} has not begun yet: ${rollout.message}`,
      `splitter status ${service}   tells what it waits for;   splitter promote ${service} --full   skips everything`,
    );
  const without = state.reason === 'ProgramFailed' ? ', without what failed' : '';
  return moving({ state: runningAt(state.step, steps, true), owes }, (move) => `step passed by ${by}${without}: ${move}`);
}
