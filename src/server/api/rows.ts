import type { Sight } from '../../controller/snapshot.js';
import { withFollowing } from '../../core/entrance-rows.js';
import type { Plan } from '../../core/plan.js';
import { type Status, statusOf } from '../../core/status.js';
import { describeStep } from '../../core/steps.js';
import { evidenceOf, withEvidence } from '../../core/with-evidence.js';
import { attentionOf } from './attention.js';
import type { RolloutDetail, RolloutRow } from './schemas.js';

/** One line of the list, of what is known without asking. */
export function rowOf(sight: Sight, now: number): RolloutRow {
  const { service, rollout, seen, plan, driver } = sight;
  const known = plan === undefined ? undefined : { plan, source: null };
  return ranked(statusOf({ service, rollout, seen, now, plan: known, driver }), now);
}

/** One rollout as Consul has it, with what this controller measures just now, and the steps of its plan. */
export function detailOf(stored: Status, sight: Sight | undefined, plan: Plan | undefined, now: number): RolloutDetail {
  const live = sight?.plan === undefined || sight.rollout?.id !== stored.rollout ? undefined : rowOf(sight, now);
  const status = live === undefined ? stored : withEvidence(stored, evidenceOf(live as unknown as Status));
  return {
    ...ranked(status, now),
    steps:
      plan?.steps.map((step) => ({
        kind: step.kind,
        text: describeStep(step),
        weight: step.kind === 'weight' ? step.to / 100 : null,
      })) ?? null,
    bake: plan === undefined ? null : plan.bake / 1_000,
    entrances: (status.entrances ? withFollowing(status.entrances, status.following) : null) as RolloutDetail['entrances'],
  };
}

function ranked(status: Status, now: number): RolloutRow {
  return { ...status, attention: attentionOf(status, now) } as unknown as RolloutRow;
}
