import { askedCanary, type Rollout } from '../rollout.js';
import { sayClosed, whyClosed } from '../schedule/closed.js';
import { type Refusal, refused, type VerbContext, type VerbResult } from './result.js';

/**
 * What a person's verb comes to while a freeze or a closed window holds everybody: an advance is refused, or with `force` done, and its message says so.
 * Whatever goes back, stands or only lets a driver go on is never held. `command` is what was typed, without `splitter`.
 */
export function obeyClosed(rollout: Rollout, context: VerbContext, result: VerbResult, command: string): VerbResult {
  if (result.kind !== 'write' || !advances(rollout, result)) return result;
  if (context.force !== true)
    return refuseWhileClosed(context, `splitter ${command} --force   goes up all the same, and is recorded`) ?? result;
  const closed = whyClosed(context.plan?.schedule, context.seen.freeze, context.now);
  if (closed === undefined) return result;
  return { ...result, next: { ...result.next, message: `${result.next.message} (by force: ${closed.message})` } };
}

/** Why nobody may raise canary's weight now, and what would help besides `otherwise`; undefined while nothing holds advances. */
export function refuseWhileClosed({ service, plan, seen, now }: VerbContext, otherwise: string): Refusal | undefined {
  const closed = whyClosed(plan?.schedule, seen.freeze, now);
  if (closed === undefined) return undefined;
  const wait = closed.until === undefined ? [] : ['type this again then'];
  const open = closed.reason === 'Frozen' ? ['splitter freeze off'] : [];
  return refused(sayClosed(service, closed), [...wait, ...open, otherwise].join('   or   '));
}

/** Whether a write of a person takes a rollout further: canary gets more than was asked for, a step is passed, or the bake ends. Weights that were asked for may always be put right. */
function advances(rollout: Rollout, { next, move }: Extract<VerbResult, { kind: 'write' }>): boolean {
  const { phase, reason } = next.state;
  return reason === 'Resumed' || phase === 'Promoting' || (move && askedCanary(next) > askedCanary(rollout));
}
