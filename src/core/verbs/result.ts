import type { Observation } from '../observation.js';
import type { Plan } from '../plan.js';
import { nextRollout, type Rollout } from '../rollout.js';
import type { Nobody } from '../way-back.js';

/** What a verb makes of a rollout: a record to write (moving weights or not), nothing to do, or a refusal with what to type instead. */
export type VerbResult =
  | { readonly kind: 'write'; readonly next: Rollout; readonly move: boolean }
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** A verb that cannot be done here. */
export type Refusal = Extract<VerbResult, { kind: 'refused' }>;

/** What a verb may look at besides the record. */
export interface VerbContext {
  readonly service: string;
  readonly seen: Observation;
  /** The plan that the rollout follows, where it is known. */
  readonly plan?: Plan;
  readonly by: string;
  /** A person wants it done although a freeze or a closed window holds everybody, or even where nobody is there to serve; recorded. */
  readonly force?: boolean;
  readonly now: number;
}

/** A record to write; `move` when the weights in it are to be stored too. */
export function write(rollout: Rollout, change: Parameters<typeof nextRollout>[1], move: boolean): VerbResult {
  return { kind: 'write', next: nextRollout(rollout, change), move };
}

/** The refusal to take users where nobody would serve them; undefined where somebody would, or where nobody knows. */
export function refuseOntoNothing(nobody: Nobody | undefined, hint: string): Refusal | undefined {
  return nobody === undefined ? undefined : refused(`${nobody.message}: whoever is sent there fails. Nothing was written`, hint);
}

/** A refusal, with what would work. */
export function refused(message: string, hint: string): Refusal {
  return { kind: 'refused', message, hint };
}
