import { strandedIn } from './datacenters.js';
import { storedLegs } from './entries.js';
import { type Leg, weightOf } from './legs.js';
import { describeGone, isGone, type Observation } from './observation.js';
import { askedCanary, type Rollout } from './rollout.js';
import { ownMatches } from './route.js';
import { formatPercent } from './weights.js';

/** Who would get users though Consul would send them to nobody there: the subset, and why, as a sentence. */
export interface Nobody {
  readonly subset: string;
  readonly message: string;
}

/**
 * The subset that these weights would give more of the traffic than it has, though it is known that no instance of it is ready; undefined when there is none.
 * Every write that may give stable more is held against this, whoever asks for it.
 */
export function movesOntoNothing(seen: Observation, service: string, asked: readonly Leg[]): Nobody | undefined {
  const has = storedLegs(seen, service);
  const names = asked.filter((leg) => leg.service === undefined).map(({ subset }) => subset);
  return names
    .filter((subset) => weightOf(asked, subset) > weightOf(has, subset))
    .map((subset) => nobodyIn(seen, subset) ?? nobodyThere(seen, subset, names))
    .find((nobody) => nobody !== undefined);
}

/** Whether going back by these weights would move users, or testers by a route of ours, onto a stable that is known to have no ready instance. */
export function nobodyToGoBackTo(
  seen: Observation,
  service: string,
  { stable, canary }: Pick<Rollout, 'stable' | 'canary'>,
  asked: readonly Leg[],
): Nobody | undefined {
  const routed = ownMatches(seen.router).some(({ subset }) => subset === canary);
  return movesOntoNothing(seen, service, asked) ?? (routed ? nobodyIn(seen, stable) : undefined);
}

/** What is to be said of a rollout whose stable is gone while canary carries traffic; undefined when it is there, or nobody knows. */
export function warnOfNobody(seen: Pick<Observation, 'instances'>, rollout: Rollout): string | undefined {
  if (askedCanary(rollout) === 0) return undefined;
  const nobody = nobodyIn(seen, rollout.stable);
  return nobody === undefined ? undefined : `${nobody.message}, so nothing could go back`;
}

/** What a person may type where going back is refused; everything to canary only where somebody is there. */
export function insteadOfGoingBack(service: string, canaryServes: boolean): string {
  const force = `splitter abort ${service} --force   takes it back all the same`;
  return canaryServes ? `splitter promote ${service} --full   puts all traffic on canary;   ${force}` : force;
}

/** Why a rollout that should go back is held, as a sentence that begins with what is missing. */
export function describeHeld({ message }: Nobody, { canary, asked }: Rollout, wanted: string): string {
  return `${message}, so nothing goes back and ${canary} keeps ${formatPercent(weightOf(asked, canary))}; it would have: ${wanted}`;
}

/** Where several datacenters share the entries: users of one of them would be left with nobody, though another subset serves them there now. */
function nobodyThere(seen: Observation, subset: string, names: readonly string[]): Nobody | undefined {
  const { datacenters } = seen;
  if (datacenters === undefined) return undefined;
  const plan = datacenters.named === undefined ? {} : { datacenters: datacenters.named };
  const [where] = names.filter((name) => name !== subset).flatMap((other) => strandedIn({ plan, seen }, subset, other));
  return where === undefined ? undefined : { subset, message: `${subset} has no ready instance in ${where}` };
}

function nobodyIn(seen: Pick<Observation, 'instances'>, subset: string): Nobody | undefined {
  const instances = seen.instances[subset];
  return isGone(instances) ? { subset, message: describeGone(subset, instances) } : undefined;
}
