import type { Situation } from './decision.js';
import { formatDuration } from './duration.js';
import { storedLegs } from './entries.js';
import { weightOf } from './legs.js';
import { serving } from './observation.js';
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
    const canaryServes = serving(seen.instances[rollout.canary]);
    if (canaryServes === 0 && weight > 0) {
      const critical = seen.instances[rollout.canary]?.critical ?? 0;
      const left =
        critical > 0 ? `all ${critical} instances of ${rollout.canary} are critical` : `no instance of ${rollout.canary} is left`;
      return { reason: 'NoInstances', message: `${left} while it had ${formatPercent(weight)} of the traffic` };
    }
    const failed = bindingFindings(seen.findings).find((finding) => finding.verdict === 'Failed');
    // A stable with nobody to serve would turn a bad canary into an outage.
    if (failed !== undefined && failed.stableWorse !== true && serving(seen.instances[rollout.stable]) > 0) {
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
