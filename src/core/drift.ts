import { type Decision, type Situation, splitterWrite, transition, wait } from './decision.js';
import { metaOf, storedLegs } from './entries.js';
import { formatLegs, type Leg, sameShares } from './legs.js';
import { readRecord } from './record.js';
import { decideResolverDrift } from './resolver-drift.js';
import { nextRollout, type Rollout } from './rollout.js';
import { describeMatch, missesRoute, routeWrite, wantedMatches } from './route.js';
import { paused } from './stand.js';

const LOOK_AGAIN = 60_000;

/** What to do when somebody else changed the splitter, the resolver or the router under the rollout; undefined when nobody did. */
export function decideDrift(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  const held = rollout.state.phase === 'Paused' && rollout.state.reason === 'Drift';
  if (seen.splitter === undefined)
    return wait(
      `somebody deleted service-splitter/${plan.service}; splitter abort ${plan.service} writes it again with stable at 100%`,
      now + LOOK_AGAIN,
    );
  const stored = storedLegs(seen, plan.service);
  const marked = readRecord(metaOf(seen.splitter.entry))?.id === rollout.id;
  if (marked && sameShares(stored, rollout.asked)) return decideResolverDrift(situation) ?? decideRouteDrift(situation);
  // The record alone was dropped: users feel nothing of it, so it is written again and the rollout goes on.
  if (sameShares(stored, rollout.asked)) return transition(situation, { message: rollout.message });
  if (marked && held) return wait(rollout.message, now + LOOK_AGAIN);
  const what = describeDrift(rollout, stored, plan.service);
  if (held || plan.on.drift === 'hold') return paused(situation, 'Drift', what);
  if (plan.on.drift === 'adopt' && adoptable(rollout, stored)) {
    const next = nextRollout(rollout, { asked: stored, message: `${what}; adopted`, tally: situation.tally });
    return { why: next.message, wakeAt: now, next, write: splitterWrite(seen, plan.service, next, false) };
  }
  return transition(situation, { asked: rollout.asked, message: `${what}; ours put back` });
}

/** The sentence that names both: what splitter asked for and what somebody else wrote. */
export function describeDrift(rollout: Rollout, stored: readonly Leg[], service: string): string {
  return `somebody else wrote service-splitter/${service}: it says ${formatLegs(stored)}; splitter asked for ${formatLegs(rollout.asked)}`;
}

/** Whether these foreign legs name only subsets of the rollout, so that it can go on from them. */
export function adoptable(rollout: Rollout, stored: readonly Leg[]): boolean {
  return stored.every((leg) => leg.service === undefined && rollout.asked.some((own) => own.subset === leg.subset));
}

/** A route that is gone is drift, and coming back it does nobody harm; one that is needed no longer simply goes. `Pending` makes its routes itself. */
function decideRouteDrift(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  if (rollout.state.phase !== 'Progressing' && rollout.state.phase !== 'Baking') return undefined;
  const wanted = wantedMatches(plan, rollout);
  const gone = missesRoute(seen.router, wanted);
  if (gone !== undefined && plan.on.drift === 'hold')
    return paused(
      situation,
      'Drift',
      `somebody else changed service-router/${plan.service}: the route for ${describeMatch(gone)} to ${gone.subset} is gone; splitter resume ${plan.service} makes it again`,
    );
  const write = routeWrite(plan.service, seen, wanted);
  return write === undefined ? undefined : { why: write.why, wakeAt: now, write };
}
