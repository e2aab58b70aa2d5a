import { serving } from '../observation.js';
import type { Policies } from '../plan.js';
import { needsCleanUp, reverted } from '../revert.js';
import { isFinal, nextRollout, type Rollout } from '../rollout.js';
import { insteadOfGoingBack, nobodyToGoBackTo } from '../way-back.js';
import { type Refusal, refused, refuseOntoNothing, type VerbContext, type VerbResult, write } from './result.js';

/** What `start` makes of the service's last rollout: a new one begins, this one goes on under a new driver, gives way, or is waited for. */
export type StartResult =
  | { readonly kind: 'begin' }
  | { readonly kind: 'go-on'; readonly next: Rollout }
  | { readonly kind: 'supersede' }
  | { readonly kind: 'queue'; readonly message: string }
  | Refusal;

/** What a start with this plan does now: the same plan goes on, another one does as the policy of the rollout under way says. */
export function start(
  rollout: Rollout,
  { service }: Pick<VerbContext, 'service'>,
  plan: string,
  driver: string,
  policy: Policies['newVersion'],
): StartResult {
  const { phase } = rollout.state;
  if (isFinal(rollout)) return { kind: 'begin' };
  if (rollout.plan === plan) return { kind: 'go-on', next: nextRollout(rollout, { driver }) };
  if (phase === 'Reverting' || phase === 'Promoting')
    return { kind: 'queue', message: `${service} is ${phase.toLowerCase()} and will be done in a moment` };
  const under = `a rollout of ${service} is under way with another plan (${rollout.plan.slice(0, 7)}; this one is ${plan.slice(0, 7)})`;
  switch (policy) {
    case 'supersede':
      return { kind: 'supersede' };
    case 'queue':
      return { kind: 'queue', message: `${under}; this one waits for its end` };
    case 'reject':
      return refused(
        `${under}, and its plan says on: { new_version: reject }`,
        `splitter abort ${service}   or wait for its end`,
      );
  }
}

/** Makes way for a new rollout: all traffic goes back to stable, which is the last version that was proven; refused where nobody is there. */
export function supersede(rollout: Rollout, { service, seen, by, now }: VerbContext): VerbResult {
  const { phase } = rollout.state;
  if (isFinal(rollout) || phase === 'Reverting')
    return { kind: 'nothing', message: `${service} is on its way to ${rollout.stable} already (${phase})` };
  const message = `superseded by a new rollout of ${by}: back on ${rollout.stable}`;
  // A promotion may be moving the default subset this very moment: its clean-up is always looked after.
  const change = reverted(rollout, 'NewRollout', message, now, phase === 'Promoting' || needsCleanUp(seen, rollout));
  const nobody = nobodyToGoBackTo(seen, service, rollout, change.asked);
  const hint = insteadOfGoingBack(service, serving(seen.instances[rollout.canary]) > 0);
  return refuseOntoNothing(nobody, hint) ?? write(rollout, { ...change, by }, true);
}

/** Whether the last rollout can be tried again: only what was taken back can. */
export function retry(rollout: Rollout, { service }: Pick<VerbContext, 'service'>): StartResult {
  const { phase } = rollout.state;
  if (phase === 'Reverted' || phase === 'Superseded') return { kind: 'begin' };
  const hints = { Promoted: `splitter undo ${service}`, Paused: `splitter resume ${service}` } as const;
  const hint = phase === 'Promoted' || phase === 'Paused' ? hints[phase] : `splitter status ${service} -w`;
  return refused(`${service} has no reverted rollout to retry: it is ${phase}`, hint);
}
