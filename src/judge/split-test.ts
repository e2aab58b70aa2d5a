import { partOf } from './alpha.js';
import { lowerShare, upperShare } from './confidence.js';

/** Requests that one caller sent: to canary, past every subset (as before there was a split), and in all. */
export interface SplitCounts {
  readonly canary: number;
  readonly past: number;
  readonly total: number;
}

/** What a caller is held to under the present weights: the share of its requests that is to go to canary, and the one before. Shares 0..1. */
export interface SplitTask {
  readonly asked: number;
  /** The share before these weights, which a caller that follows leaves behind; undefined where nobody knows. */
  readonly before: number | undefined;
  /** The chance that this caller may be called stale by mistake under these weights. */
  readonly alpha: number;
  /** Testers' requests come on top of the share, so that only too little speaks against a caller. */
  readonly atLeast: boolean;
}

/** What is known of one caller under the present weights. */
export interface SplitState {
  /** What the test has seen; begins anew when a caller that was stale follows again. */
  readonly counts: SplitCounts;
  /** True: its requests come by the weights and not by those before. False: they cannot come by the weights. Null: not known. */
  readonly follows: boolean | null;
  /** The share that it has to leave behind before it counts as following. */
  readonly rival: number | undefined;
  /** The evidence for the weights against the rival, as a logarithm; of a caller that is stale a CUSUM of it. */
  readonly lead: number;
  /** How often the test has begun under these weights. */
  readonly starts: number;
}

/** Envoy gets float32 x 100 cut to basis points, and page and gauge are read at two instants: what lies within is no evidence, however many requests there are. */
const SLACK = 0.0002;
const SLACK_OF_SPREAD = 0.02;

/** Evidence for the weights after which a caller follows; and after which one that was called stale does again, which chance alone gives once in a million requests. */
const FOLLOWS = Math.log(100);
const FOLLOWS_AGAIN = Math.log(1_000_000);
const SMALLEST = 1e-4;

const NONE: SplitCounts = { canary: 0, past: 0, total: 0 };

/** A caller of which nothing was counted under these weights. */
export function beginSplit({ before }: SplitTask): SplitState {
  return { counts: NONE, follows: null, rival: before, lead: 0, starts: 1 };
}

/**
 * The state with further requests. A caller is stale once the asked share lies outside the confidence sequence of its own (Robbins' mixture, see
 * `upperShare`), or most of its requests go past the split: at whatever moment one looks, and as often, that happens to one that follows with a chance of at
 * most alpha; tests that begin anew share it as 1/(n(n+1)). It follows again when its requests since speak a million to one for the weights against
 * what it was seen to send.
 */
export function continueSplit(task: SplitTask, state: SplitState, news: SplitCounts): SplitState {
  if (news.total === 0) return state;
  const counts = {
    canary: state.counts.canary + news.canary,
    past: state.counts.past + news.past,
    total: state.counts.total + news.total,
  };
  const gain = state.follows === false && isPast(state.counts) ? gainOfSplit(news) : gainOf(task.asked, state.rival, news);
  // Only who was stale is forgiven: what it sent meanwhile is no debt.
  const least = state.follows === false ? 0 : Number.NEGATIVE_INFINITY;
  const next = { ...state, counts, lead: Math.max(least, state.lead + gain) };
  if (state.follows === false)
    return next.lead < FOLLOWS_AGAIN
      ? next
      : { counts: NONE, follows: true, rival: undefined, lead: 0, starts: state.starts + 1 };
  if (isDisproved(task, counts, task.alpha * partOf(state.starts)))
    return { ...next, follows: false, rival: shareOf(counts), lead: 0 };
  return next.lead >= FOLLOWS ? { ...next, follows: true } : next;
}

/** Whether most of a caller's requests go past the split: it does not know of one. Some may, on connections from before it. */
export function isPast({ past, total }: SplitCounts): boolean {
  return 2 * past > total;
}

/** Whether requests that each go to canary with the asked share cannot have come like this. */
function isDisproved({ asked, atLeast }: SplitTask, { canary, past, total }: SplitCounts, alpha: number): boolean {
  if (lowerShare({ bad: past, total }, 1 - alpha) > 0.5) return true;
  const slack = SLACK + SLACK_OF_SPREAD * asked * (1 - asked);
  const counts = { bad: canary, total: total - past };
  if (counts.total === 0) return false;
  if (asked - slack > 0 && upperShare(counts, 1 - alpha) < asked - slack) return true;
  return !atLeast && asked + slack < 1 && lowerShare(counts, 1 - alpha) > asked + slack;
}

/** What these requests add to the logarithm of the likelihood ratio of two shares. */
function gainOf(asked: number, rival: number | undefined, { canary, past, total }: SplitCounts): number {
  if (rival === undefined) return 0;
  const [p, q] = [within(asked), within(rival)];
  return canary * Math.log(p / q) + (total - past - canary) * Math.log((1 - p) / (1 - q));
}

/** The same of hardly any request past the split against nearly all. */
function gainOfSplit({ past, total }: SplitCounts): number {
  return (total - 2 * past) * Math.log(19);
}

function within(share: number): number {
  return Math.min(1 - SMALLEST, Math.max(SMALLEST, share));
}

function shareOf({ canary, past, total }: SplitCounts): number {
  return (canary + 0.5) / (total - past + 1);
}
