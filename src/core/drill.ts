import type { Counts } from './verdict.js';

/** What a drill has to see: two rollouts that are promoted, there and back, and one whose canary is broken and that takes itself back. */
export type DrillKind = 'there' | 'back' | 'broken';

/** One decision of a drill's rollout, as its log has it. `weight`: canary's, in basis points. */
export interface DrillStep {
  readonly at: number;
  readonly phase: string;
  readonly weight: number;
  readonly message: string;
}

/** The moments of the part that was broken on purpose, ms since 1970; `null` where it did not come to that or nobody can tell. */
export interface DrillBreak {
  readonly brokenAt: number | null;
  /** The first failed request that a caller's sidecar counted after it. */
  readonly failedAt: number | null;
  /** When stable 100 % was decided and written. */
  readonly revertedAt: number | null;
  /** From when on no request reached canary any more, as the sidecars count. */
  readonly clearAt: number | null;
}

/** One rollout of a drill, ended or not. Times in ms since 1970. */
export interface DrillPart {
  readonly kind: DrillKind;
  readonly rollout: string;
  /** The versions as people know them: `blue (2)`. */
  readonly from: string;
  readonly to: string;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly steps: readonly DrillStep[];
  /** Requests to both versions meanwhile, and how many failed; `null` where no sidecar could be read. */
  readonly requests: { readonly sent: number; readonly failed: number } | null;
  readonly broken?: DrillBreak;
  /** What went wrong beside its outcome: a program that failed, an interruption. */
  readonly trouble: readonly string[];
}

/** A whole drill. `real`: what of it was real, as a sentence. `problems` is empty when all ended as it had to. */
export interface Drill {
  readonly service: string;
  readonly where: string;
  readonly by: string;
  readonly plan: string;
  readonly real: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly parts: readonly DrillPart[];
  readonly problems: readonly string[];
}

/** How each part has to end. */
export const DRILL_ENDS: Readonly<Record<DrillKind, string>> = { there: 'Promoted', back: 'Promoted', broken: 'Reverted' };

/** What did not end as it had to, one sentence each; `users` are the versions that users were on before the drill and are on after it. */
export function findProblems(
  parts: readonly DrillPart[],
  users: { readonly before: string; readonly after: string | undefined },
  brokeOff?: string,
): readonly string[] {
  const problems: string[] = [];
  const kinds: readonly DrillKind[] = ['there', 'back', 'broken'];
  for (const [i, kind] of kinds.entries()) {
    const name = `rollout ${i + 1}`;
    const part = parts.find((one) => one.kind === kind);
    if (part === undefined) {
      problems.push(brokeOff === undefined || i > parts.length ? `${name} was not begun` : `${name} broke off: ${brokeOff}`);
      continue;
    }
    const by = DRILL_ENDS[kind];
    if (part.phase !== by) problems.push(`${name} had to be ${by} and is ${part.phase} (${part.reason}): ${part.message}`);
    // Whatever else took it back, it was not what the drill is about.
    else if (kind === 'broken' && part.reason !== 'SignalFailed')
      problems.push(`${name} was not taken back by a signal, but is ${part.phase} (${part.reason}): ${part.message}`);
    problems.push(...part.trouble.map((trouble) => `${name}: ${trouble}`));
  }
  if (users.after === undefined) problems.push(`users were on ${users.before} before it, and where they are now cannot be told`);
  else if (users.before !== users.after) problems.push(`users were on ${users.before} before it, and are on ${users.after} now`);
  return problems;
}

/** What the callers' sidecars counted since the look before. */
export interface DrillSample {
  readonly at: number;
  readonly canary: Counts;
  readonly stable: Counts;
}

/** When the first failed request of canary was counted, from this moment on. */
export function firstFailure(samples: readonly DrillSample[], since: number): number | null {
  return samples.find(({ at, canary }) => at > since && canary.bad > 0)?.at ?? null;
}

/** So many looks without a request to canary, and so many requests to stable meanwhile, and it counts as clear. */
const LOOKS = 3;
const REQUESTS = 20;

/** The first look after which no request reached canary any more; null until enough was seen since. With `patient` false, a single request to stable is enough. */
export function clearSince(samples: readonly DrillSample[], reverted: number, patient = true): number | null {
  const last = samples.findLastIndex(({ at, canary }) => at <= reverted || canary.total > 0);
  const quiet = samples.slice(last + 1);
  const served = quiet.reduce((sum, { stable }) => sum + stable.total, 0);
  const enough = patient ? quiet.length >= LOOKS && served >= REQUESTS : served > 0;
  return enough ? (quiet[0]?.at ?? null) : null;
}

/** All requests of these looks, and the failed ones. */
export function countAll(samples: readonly DrillSample[]): { readonly sent: number; readonly failed: number } {
  const sum = (pick: (counts: Counts) => number): number =>
    samples.reduce((all, { canary, stable }) => all + pick(canary) + pick(stable), 0);
  return { sent: sum(({ total }) => total), failed: sum(({ bad }) => bad) };
}
