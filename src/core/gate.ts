import { whyUnseen } from './coverage.js';
import type { Situation } from './decision.js';
import { type Instances, serving } from './observation.js';
import { askedCanary } from './rollout.js';
import { bindingFindings } from './verdict.js';
import { type BasisPoints, formatPercent, WHOLE } from './weights.js';

/** Why a rollout may not advance now; none of these is a failure. */
export interface Hold {
  readonly reason: 'NoData' | 'SignalError' | 'Unclear' | 'StableWorse' | 'Coverage' | 'Capacity' | 'NoInstances';
  readonly message: string;
  /** Before this moment there is nothing new to see, ms. */
  readonly until?: number;
}

/** The callers' sidecars learn of a new instance some hundred ms after Consul; traffic that comes sooner is answered with 503. */
const ADDRESS_SETTLES = 1_000;

/** Whether the evidence lets the rollout leave its step; undefined when it does. No data and no measurement are never a pass. */
export function holdForEvidence(situation: Situation): Hold | undefined {
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
    if (finding.verdict === 'Inconclusive') return { reason: finding.samples === 0 ? 'NoData' : 'Unclear', message };
    if (finding.verdict === 'Failed') return { reason: 'Unclear', message };
  }
  return holdForCoverage(situation);
}

/** Whether enough of both versions' requests is seen; undefined when it is. */
function holdForCoverage({ plan, rollout, seen }: Situation): Hold | undefined {
  const why = [rollout.canary, rollout.stable].flatMap(
    (subset) => whyUnseen(subset, seen.coverage?.[subset], plan.coverage) ?? [],
  );
  return why[0] === undefined ? undefined : { reason: 'Coverage', message: why[0] };
}

/** Whether a signal has failed without being acted on (stable has nobody to take the traffic back); nobody may raise canary then, no person either. */
export function holdForFailure({ rollout, seen }: Situation): Hold | undefined {
  const failed = bindingFindings(seen.findings).find((finding) => finding.verdict === 'Failed');
  if (failed === undefined || askedCanary(rollout) === 0) return undefined;
  return { reason: 'Unclear', message: `${failed.name}: ${failed.message}` };
}

/** Whether canary has the instances to carry this weight; undefined when it does. */
export function holdForCapacity(situation: Situation, weight: BasisPoints): Hold | undefined {
  const { plan, rollout, seen } = situation;
  const canary = seen.instances[rollout.canary];
  if (weight > 0 && serving(canary) === 0) return { reason: 'NoInstances', message: `${rollout.canary} has no passing sidecar` };
  if (plan.capacity === undefined) return undefined;
  const share = passingShare(canary, seen.instances[rollout.stable]);
  if (weight <= plan.capacity.maxRatio * share) return undefined;
  const passing = `${canary?.passing ?? 0} of ${(canary?.passing ?? 0) + (seen.instances[rollout.stable]?.passing ?? 0)} passing instances`;
  return {
    reason: 'Capacity',
    message: `${formatPercent(weight)} is more than ${plan.capacity.maxRatio} times what ${passing} stand for (${formatPercent(Math.round(share))})`,
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

function passingShare(canary: Instances | undefined, stable: Instances | undefined): number {
  const all = (canary?.passing ?? 0) + (stable?.passing ?? 0);
  return all === 0 ? 0 : ((canary?.passing ?? 0) / all) * WHOLE;
}
