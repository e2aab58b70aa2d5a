import { strandedIn, unreadSites } from '../datacenters.js';
import { formatDuration } from '../duration.js';
import { isToBegin } from '../go-on.js';
import { roomFor, splitLegs } from '../legs.js';
import { serving } from '../observation.js';
import type { HookName } from '../plan.js';
import { asItStood, askedCanary, extraLegs, isFinal, type Rollout, runningAt, type State } from '../rollout.js';
import { formatPercent } from '../weights.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Passes the present step without waiting for it; at a reached target, and with `full` from anywhere, goes to all traffic. */
export function promote(held: Rollout, context: VerbContext, full: boolean, steps: number): VerbResult {
  const { service, by, now, seen, plan } = context;
  const rollout = asItStood(held);
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
  const everything = splitLegs(rollout.stable, rollout.canary, roomFor(extraLegs(rollout)), extraLegs(rollout));
  if (full) {
    const done: State = { phase: 'Promoting', reason: 'PromotedInFull', step: steps };
    return write(
      rollout,
      { asked: everything, owes, state: done, message: `promoted in full by ${by}: steps and bake skipped`, enteredAt: now, by },
      true,
    );
  }
  if (plan?.deadline !== undefined && now >= rollout.startedAt + plan.deadline)
    return refused(
      `the deadline of ${formatDuration(plan.deadline)} is over: whatever goes on now is taken back`,
      `splitter promote ${service} --full   or   splitter abort ${service}`,
    );
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
  if (state.step < steps && isToBegin({ plan, rollout: { ...rollout, owes }, seen }))
    return refused(
      `${service} has not begun yet: ${rollout.message}`,
      `splitter status ${service}   tells what it waits for;   splitter promote ${service} --full   skips everything`,
    );
  return write(
    rollout,
    {
      state: runningAt(state.step, steps, true),
      owes,
      message: `step passed by ${by}${state.reason === 'ProgramFailed' ? ', without what failed' : ''}`,
      enteredAt: now,
      by,
    },
    false,
  );
}
