import { whyUnseen } from './coverage.js';
import { strandedIn, unreadSites } from './datacenters.js';
import type { Situation } from './decision.js';
import { warnOfStale } from './following.js';
import { clockSince } from './hold-closed.js';
import { type Instances, type Observation, serving } from './observation.js';
import { askedCanary } from './rollout.js';
import { bindingFindings, type Finding } from './verdict.js';
import { type BasisPoints, formatPercent, WHOLE } from './weights.js';

/** Why a rollout may not advance now; none of these is a failure. */
export interface Hold {
  readonly reason:
    | 'NoData'
    | 'SignalError'
    | 'Unclear'
    | 'StableWorse'
    | 'Coverage'
    | 'Following'
    | 'Capacity'
    | 'NoInstances'
    | 'Unseen';
  readonly message: string;
  /** Before this moment there is nothing new to see, ms. */
  readonly until?: number;
}

/** The callers' sidecars learn of a new instance some hundred ms after Consul; traffic that comes sooner is answered with 503. */
const ADDRESS_SETTLES = 1_000;

/** What was seen may be above its bound by chance. It is looked at for as long again as the step takes, and no less and no more than this, ms. */
const ABOVE_BOUND = { least: 30_000, most: 300_000 };

/**
 * Whether the evidence lets the rollout leave its step, which takes `own` ms by itself; undefined when it does. No data and no measurement are never a
 * pass. What is above its bound without being evidence of harm holds for a while, and is then passed aloud (see `passedAbove`).
 */
export function holdForEvidence(situation: Situation, own = 0): Hold | undefined {
  const { rollout, seen, plan } = situation;
  if (askedCanary(rollout) === 0) return undefined;
  const findings = bindingFindings(seen.findings);
  const missing = plan.signals.find((signal) => signal.dryRun !== true && !findings.some(({ name }) => name === signal.name));
  if (missing !== undefined) return { reason: 'NoData', message: `${missing.name}: not measured yet` };
  const worse = findings.find((finding) => finding.stableWorse === true);
  if (worse !== undefined)
    return {
      reason: 'StableWorse',
      message: `${worse.name}: ${rollout.stable} (stable) is worse than ${rollout.canary}: ${worse.message}`,
    };
  for (const finding of findings) {
    const message = `${finding.name}: ${finding.message}`;
    if (finding.verdict === 'Error') return { reason: 'SignalError', message };
    if (finding.above === true && isLookedAt(situation, own)) continue;
    if (finding.verdict === 'Inconclusive') return { reason: finding.samples === 0 ? 'NoData' : 'Unclear', message };
    if (finding.verdict === 'Failed') return { reason: 'Unclear', message };
  }
  return holdForCoverage(situation) ?? holdForFollowing(seen);
}

/** Whether enough of both versions' requests is seen; undefined when it is. */
function holdForCoverage({ plan, rollout, seen }: Situation): Hold | undefined {
  const why = [rollout.canary, rollout.stable].flatMap(
    (subset) => whyUnseen(subset, seen.coverage?.[subset], plan.coverage) ?? [],
  );
  return why[0] === undefined ? undefined : { reason: 'Coverage', message: why[0] };
}

/** Whether no caller is proved to send otherwise than the present weights say; undefined when none is. */
export function holdForFollowing(seen: Pick<Observation, 'following'>): Hold | undefined {
  const message = warnOfStale(seen);
  return message === undefined ? undefined : { reason: 'Following', message };
}

function isLookedAt(situation: Situation, own: number): boolean {
  const { least, most } = ABOVE_BOUND;
  const longer = Math.min(Math.max(own, least), most, situation.plan.stepTimeout);
  return situation.now >= clockSince(situation) + own + longer;
}

/** What the record says of a step that is left while a signal is above its bound: it never passes in silence. */
export function passedAbove({ seen }: Situation): readonly string[] {
  const above = (finding: Finding): boolean => finding.verdict === 'Inconclusive' && finding.above === true;
  return bindingFindings(seen.findings)
    .filter(above)
    .map(({ name, value, bound }) => `${name} is ${value}, above its bound (${bound}), which is no evidence of harm`);
}

/** Whether a signal has failed without being acted on (stable has nobody to take the traffic back); nobody may raise canary then, no person either. */
export function holdForFailure({ rollout, seen }: Situation): Hold | undefined {
  const failed = bindingFindings(seen.findings).find((finding) => finding.verdict === 'Failed');
  if (failed === undefined || askedCanary(rollout) === 0) return undefined;
  return { reason: 'Unclear', message: `${failed.name}: ${failed.message}` };
}

/** Whether every datacenter that counts is known to have somebody for canary's users; undefined when it is, or there is only one. */
export function holdForDatacenters(situation: Situation): Hold | undefined {
  const { rollout } = situation;
  const [unread] = unreadSites(situation);
  if (unread !== undefined)
    return {
      reason: 'Unseen',
      message: `whether ${rollout.canary} runs in ${unread.name} is not known: ${unread.unread}`,
    };
  const stranded = strandedIn(situation, rollout.canary, rollout.stable);
  if (stranded.length === 0) return undefined;
  return { reason: 'NoInstances', message: `${rollout.canary} has no passing sidecar in ${stranded.join(' and ')}` };
}

/** Whether canary has the instances to carry this weight; undefined when it does. */
export function holdForCapacity(situation: Situation, weight: BasisPoints): Hold | undefined {
  const { plan, rollout, seen } = situation;
  const canary = seen.instances[rollout.canary];
  if (weight > 0 && serving(canary) === 0) return { reason: 'NoInstances', message: `${rollout.canary} has no passing sidecar` };
  const elsewhere = weight > 0 ? holdForDatacenters(situation) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (plan.capacity === undefined) return undefined;
  const share = readyShare(canary, seen.instances[rollout.stable]);
  if (weight <= plan.capacity.maxRatio * share) return undefined;
  const ready = `${serving(canary)} of ${serving(canary) + serving(seen.instances[rollout.stable])} ready instances`;
  return {
    reason: 'Capacity',
    message: `${formatPercent(weight)} is more than ${plan.capacity.maxRatio} times what ${ready} stand for (${formatPercent(Math.round(share))})`,
  };
}

/** Whether canary's first instance came so lately that callers may not know where it runs; undefined when they do. */
export function holdForAddresses({ rollout, seen, now }: Situation): Hold | undefined {
  const settled = (seen.servingSince?.[rollout.canary] ?? Number.NEGATIVE_INFINITY) + ADDRESS_SETTLES;
  if (now >= settled) return undefined;
  return {
    reason: 'NoInstances',
    message: `giving the sidecars a second to learn where ${rollout.canary} runs`,
    until: settled,
  };
}

function readyShare(canary: Instances | undefined, stable: Instances | undefined): number {
  const all = serving(canary) + serving(stable);
  return all === 0 ? 0 : (serving(canary) / all) * WHOLE;
}
