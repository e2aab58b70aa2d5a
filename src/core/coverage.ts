import type { Plan } from './plan.js';
import type { Counts } from './verdict.js';

/** How the requests of one subset were told of since the same moment: by its callers' proxies, and by its instances' own. */
export interface BothSides {
  /** What any caller counted. */
  readonly callers: Counts;
  /** Attempts that an instance answered and that a caller's proxy made again instead of passing the answer on: nobody met them. */
  readonly retried: Counts;
  /** What the instances answered; read no later than the callers, so that whatever a caller was answered is in its counts already. */
  readonly instances: Counts;
}

/** Answers of the instances that no caller accounts for. Never more than there were, in whatever order counters come: good and bad ones are held against their own kind. */
export function unseenOf({ callers, retried, instances }: BothSides): Counts {
  const bad = Math.max(0, instances.bad - callers.bad - retried.bad);
  const good = Math.max(0, goodOf(instances) - goodOf(callers) - goodOf(retried));
  return { bad, total: bad + good };
}

/** What both sides together know since a moment, and how much of it was told before: each request once. */
export interface Reckoning extends BothSides {
  readonly told: Counts;
}

const NOTHING: Counts = { bad: 0, total: 0 };

/** Nothing counted yet. */
export const FRESH_RECKONING: Reckoning = { callers: NOTHING, retried: NOTHING, instances: NOTHING, told: NOTHING };

/** The reckoning with what came on each side since, and what is new by both together. What a caller tells late was told by the instances already, and is not told again. */
export function reckon(before: Reckoning, since: BothSides): { readonly next: Reckoning; readonly news: Counts } {
  const callers = sum(before.callers, since.callers);
  const retried = sum(before.retried, since.retried);
  const instances = sum(before.instances, since.instances);
  const all = sum(callers, unseenOf({ callers, retried, instances }));
  const bad = Math.max(0, all.bad - before.told.bad);
  const news = { bad, total: Math.max(bad, all.total - before.told.total) };
  return { next: { callers, retried, instances, told: sum(before.told, news) }, news };
}

/** How much of a subset's requests is seen lately. Shares 0..1; `null` where nobody can know: no instance shows its metrics, or none was asked. */
export interface Coverage {
  /** What callers counted over what the instances received. */
  readonly share: number | null;
  /** What callers or instances counted over what the instances received. */
  readonly seen: number | null;
  /** Instances that get traffic, and those among them whose sidecars can be read. */
  readonly instances: { readonly found: number; readonly read: number };
}

/** Requests of one subset in a stretch of time: what its readable instances received, what of that no caller counted, and what callers counted in all. */
export interface Received {
  readonly total: number;
  readonly unseen: number;
  readonly counted: number;
}

/** The coverage of a subset. Where some of its instances cannot be read, each is taken to get the same, as round robin has it: an estimate. */
export function coverageOf({ total, unseen, counted }: Received, instances: Coverage['instances']): Coverage {
  const { found, read } = instances;
  if (total <= 0 || read === 0) return { share: null, seen: null, instances };
  const whole = read >= found;
  const share = within(whole ? 1 - unseen / total : (counted * read) / (found * total));
  return { share, seen: whole ? 1 : share + ((1 - share) * read) / found, instances };
}

/** From this share on callers are taken to count everything: at the edges of a stretch of time the two sides are not read at the same instant. */
export const COUNTED = 0.99;

/** A share 0..1 in whole percent, `?` where it is unknown. Only the whole is 100 %, only nothing 0 %. */
export function sayShare(share: number | null): string {
  if (share === null) return '?';
  if (share === 0 || share === 1) return `${share * 100}%`;
  return `${Math.min(99, Math.max(1, Math.round(share * 100)))}%`;
}

/** Who saw canary's requests, as a part of a sentence about the evidence; empty where its callers counted all of them, or where nothing says that any is missing. */
export function saySight(coverage: Coverage | undefined, callers: { readonly found: number; readonly read: number }): string {
  const missing = callers.found - callers.read;
  if (coverage === undefined || coverage.share === null || coverage.seen === null)
    return missing > 0 ? `${missing} of ${callers.found} callers cannot be read: what they send is not seen` : '';
  const { share, seen, instances } = coverage;
  if (share >= COUNTED) return '';
  const byCallers = `seen: ${sayShare(share)} of canary's requests by its callers`;
  return instances.read < instances.found
    ? `${byCallers}, ${sayShare(seen)} with what ${instances.read} of ${instances.found} instances answered`
    : `${byCallers}, the rest by what its instances answered`;
}

/** Without a word of the plan an advance waits where less than this share is seen by either side. */
const HALF = 0.5;

/** Why the requests of a subset are seen too little for an advance, as a sentence; undefined where they are not. Without requests, or where nobody looked, there is nothing to say. */
export function whyUnseen(subset: string, coverage: Coverage | undefined, asked: Plan['coverage']): string | undefined {
  if (coverage === undefined) return undefined;
  const { share, seen, instances } = coverage;
  const behind = `${instances.read} of ${instances.found} instances can be read`;
  if (asked?.onLow === 'hold') {
    if (share !== null && share < asked.min)
      return `${sayShare(share)} of ${subset}'s requests are counted by its callers, of at least ${sayShare(asked.min)}`;
    if (share === null && (instances.read === 0 || instances.read < instances.found))
      return `how much of ${subset}'s requests its callers count is not known (${behind}); the plan asks for at least ${sayShare(asked.min)}`;
  }
  if (seen !== null && seen < HALF)
    return `${sayShare(seen)} of ${subset}'s requests are seen: ${sayShare(share)} by its callers, and ${behind}`;
  return undefined;
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function sum(a: Counts, b: Counts): Counts {
  return { bad: a.bad + b.bad, total: a.total + b.total };
}

function goodOf({ bad, total }: Counts): number {
  return total - bad;
}
