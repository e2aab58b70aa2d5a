import { whyUnprovable } from '../core/proof.js';
import type { DriveOptions } from './drive-service.js';
import { durationFlag } from './flag-values.js';
import { type SourcedPlan, TOLD_FROM_MESH } from './plan-source.js';

/** How long a ramp goes on watching at its target at most, where nothing else is said, ms. */
const HOLD = 120_000;

/** What a ramp does at its target; `warning` is to be said before anything is written. */
interface AtTarget {
  readonly options: Pick<DriveOptions, 'hold' | 'proves' | 'unwatched' | 'leaves'>;
  readonly warning?: string;
}

/** What a ramp does at its target: it watches until the evidence is clear, unless a person wants nothing to be proven, or nothing can be. */
export function atTarget(
  flags: { readonly hold?: string | false; readonly signal?: readonly string[] },
  { plan, source }: SourcedPlan,
  takesAway: boolean,
): AtTarget {
  const given = flags.hold === false ? 0 : durationFlag('--hold', flags.hold);
  const unwatched = whyUnwatched(flags.signal, { plan, source }, takesAway);
  if (unwatched !== undefined) return { options: { hold: given ?? 0, unwatched } };
  const leaves = given === 0 ? { leaves: true } : {};
  const never = whyUnprovable(plan);
  if (never === undefined) return { options: { hold: given ?? HOLD, proves: true, ...leaves } };
  return {
    options: { hold: given ?? 0, proves: true, ...leaves },
    warning: `Warning: the target cannot be proven: ${never}; so a target short of 100% ends with exit 5\n  -> splitter doctor ${plan.service}   or, where nothing is to be watched,   --signal none\n`,
  };
}

function whyUnwatched(
  signal: readonly string[] | undefined,
  { plan, source }: Pick<SourcedPlan, 'plan' | 'source'>,
  takesAway: boolean,
): string | undefined {
  if (takesAway) return 'canary got no more than it had, so nothing was to be proven';
  if (plan.signals.length > 0) return undefined;
  if (signal !== undefined) return 'nothing was watched but the instances, as --signal none says';
  return source === TOLD_FROM_MESH ? undefined : 'nothing was watched but the instances: the plan has no signals';
}
