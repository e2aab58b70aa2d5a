import { strandedIn, unreadSites } from './datacenters.js';
import type { Situation } from './decision.js';
import { formatDuration } from './duration.js';
import { storedLegs } from './entries.js';
import { weightOf } from './legs.js';
import { describeGone, isGone } from './observation.js';
import { askedCanary, type RevertReason } from './rollout.js';
import { ownMatches } from './route.js';
import { bindingFindings } from './verdict.js';
import { formatPercent } from './weights.js';

/** A reason to take traffic back to stable now, as a sentence for people. */
export interface Harm {
  readonly reason: RevertReason;
  readonly message: string;
}

/** Whether canary hurts users, in any phase in which it carries traffic: a failed signal, no instance left, the rollout's deadline. */
export function findHarm(situation: Situation): Harm | undefined {
  const { plan, rollout, seen, now } = situation;
  const stored = weightOf(storedLegs(seen, plan.service), rollout.canary);
  const weight = Math.max(askedCanary(rollout), stored);
  const routed = ownMatches(seen.router).some(({ subset }) => subset === rollout.canary);
  if (weight > 0 || routed) {
    const instances = seen.instances[rollout.canary];
    // What a datacenter that does not answer runs is not known; nothing goes back for that alone.
    if (isGone(instances) && weight > 0 && unreadSites(situation).length === 0) {
      const left = describeGone(rollout.canary, instances);
      return { reason: 'NoInstances', message: `${left} while it had ${formatPercent(weight)} of the traffic` };
    }
    const stranded = weight > 0 ? strandedIn(situation, rollout.canary, rollout.stable) : [];
    if (stranded.length > 0) {
      const where = `no instance of ${rollout.canary} is left in ${stranded.join(' and ')}`;
      return { reason: 'NoInstances', message: `${where} while it had ${formatPercent(weight)} of the traffic` };
    }
    const failed = bindingFindings(seen.findings).find((finding) => finding.verdict === 'Failed');
    if (failed !== undefined && failed.stableWorse !== true) {
      return { reason: 'SignalFailed', message: `${failed.name}: ${failed.message}` };
    }
  }
  // What waits at its target, or is being promoted, has nothing left to be late for.
  const { phase, reason } = rollout.state;
  const rests = reason === 'TargetReached' || phase === 'Promoting';
  if (plan.deadline !== undefined && now >= rollout.startedAt + plan.deadline && !rests) {
    return {
      reason: 'DeadlineExceeded',
      message: `the rollout took longer than its deadline of ${formatDuration(plan.deadline)}`,
    };
  }
  return undefined;
}
