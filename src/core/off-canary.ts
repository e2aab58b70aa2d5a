import { type CallerName, sayCaller } from './following.js';

/** What one caller has ever sent, as of a moment (ms): to the subset that was taken back, and to all of the service. */
export interface CallerSent extends CallerName {
  readonly at: number;
  readonly gone: number;
  readonly all: number;
}

/** One look at every caller whose requests pass the splitter; `unread` names those that cannot be read. */
export interface SentLook {
  readonly callers: readonly CallerSent[];
  readonly unread: readonly string[];
}

/** What was taken back: which subset, when that was written (ms), and the share that it had before, 0..1 (undefined: not known). */
export interface TakenBack {
  readonly subset: string;
  readonly since: number;
  readonly before: number | undefined;
}

/** Whether callers still send to a subset that was taken back. `off`: null where that is not known (yet). `ms`: how long after the write the last of them had stopped, at the latest; null where nobody looked in time. */
export interface OffCanary {
  readonly subset: string;
  readonly off: boolean | null;
  readonly ms: number | null;
  readonly message: string;
}

/** One caller since the first look at it: requests in a row that went elsewhere, when it last was not known to be off, what it sent after sidecars should have had the revert. */
interface Standing {
  readonly last: CallerSent;
  readonly quiet: number;
  /** How many such rows there were, this one among them. */
  readonly rows: number;
  readonly onAt: number;
  readonly wasSeen: boolean;
  readonly late: { readonly gone: number; readonly all: number };
  /** When it was looked at first; undefined once it has sent anything. */
  readonly idleSince: number | undefined;
}

/** All callers that were looked at. */
export type Standings = ReadonlyMap<string, Standing>;

/** So sure it is that a caller which still sent the share of before would have been seen to. */
const DOUBT = 0.01;
/** The share of before, where nobody knows it. */
const USUAL = 0.1;
/** Sidecars have new weights within this time; what goes there later is no longer on its way, ms. */
const SETTLED = 1_500;
/** A caller that has sent nothing at all for so long is let be, and told, ms. */
const IDLE = 1_000;
const NAMED = 3;

/** How many requests in a row to other subsets show that a caller no longer sends the share of before; more of them in the n-th row, for each is another chance to be wrong. */
export function requestsNeeded(before: number | undefined, row = 1): number {
  const share = Math.min(0.999, Math.max(1e-4, before ?? USUAL));
  return Math.max(1, Math.ceil(Math.log(DOUBT / (row * (row + 1))) / Math.log(1 - share)));
}

/** The standings after one more look. Whoever is not in it any more is gone. */
export function standAfter(known: Standings, { callers }: SentLook, { since }: TakenBack): Standings {
  return new Map(
    callers.map((now) => {
      const key = JSON.stringify([now.node, now.id, now.name]);
      const before = known.get(key);
      return [key, before === undefined ? firstOf(now) : nextOf(before, now, since)];
    }),
  );
}

function firstOf(now: CallerSent): Standing {
  return { last: now, quiet: 0, rows: 1, onAt: now.at, wasSeen: false, late: { gone: 0, all: 0 }, idleSince: now.at };
}

function nextOf({ last, quiet, rows, onAt, wasSeen, late, idleSince }: Standing, now: CallerSent, since: number): Standing {
  // Counters that went back began anew: all that they have is new.
  const began = now.all < last.all || now.gone < last.gone;
  const [gone, all] = began ? [now.gone, now.all] : [now.gone - last.gone, now.all - last.all];
  const isLate = last.at >= since + SETTLED;
  return {
    last: now,
    quiet: gone > 0 ? 0 : quiet + all,
    rows: gone > 0 ? rows + 1 : rows,
    onAt: gone > 0 ? now.at : onAt,
    wasSeen: wasSeen || gone > 0,
    late: isLate ? { gone: late.gone + gone, all: late.all + all } : late,
    idleSince: all > 0 ? undefined : idleSince,
  };
}

/** What the looks say so far; undefined where no caller can be read. */
export function offCanaryOf(
  { subset, since, before }: TakenBack,
  standings: Standings,
  unread: readonly string[],
): OffCanary | undefined {
  const all = [...standings.values()];
  if (all.length === 0) return undefined;
  const say = (off: boolean | null, message: string, ms: number | null = null): OffCanary => ({ subset, off, ms, message });
  const open = all.filter((one) => one.quiet < requestsNeeded(before, one.rows) && !isIdle(one));
  const sending = open.filter(({ late }) => late.gone > 0);
  if (sending.length > 0) return say(false, `not confirmed: ${list(sending, (one) => sayStill(one, subset))}`);
  if (open.length > 0) return say(null, `not confirmed: ${list(open, sayFew)}`);
  const idle = all.filter(isIdle).length;
  const silent = idle === 0 ? '' : `; ${idle} of ${all.length} sent nothing meanwhile`;
  const missing = unread.length === 0 ? '' : `; not read: ${unread.slice(0, NAMED).join(', ')}${more(unread.length)}`;
  const rest = `${silent}${missing}`;
  const ms = Math.max(0, Math.max(...all.map(({ onAt }) => onAt)) - since);
  // Whoever came late only knows that it is over.
  const isTimed = ms <= SETTLED || all.some(({ wasSeen }) => wasSeen);
  if (!isTimed) return say(true, `every caller is off ${subset}${rest}`);
  return say(true, `every caller is off ${subset}: ${(ms / 1_000).toFixed(1)} s after the revert was written${rest}`, ms);
}

function isIdle({ last, idleSince }: Standing): boolean {
  return idleSince !== undefined && last.at - idleSince >= IDLE;
}

function sayStill({ last, late }: Standing, subset: string): string {
  const percent = Math.min(100, Math.max(1, Math.round((100 * late.gone) / Math.max(1, late.all))));
  return `${sayCaller(last)} still sends ${percent}% to ${subset}`;
}

function sayFew({ last, quiet }: Standing): string {
  return `${sayCaller(last)} has sent ${quiet} request${quiet === 1 ? '' : 's'} since, too few to tell`;
}

function list(all: readonly Standing[], say: (one: Standing) => string): string {
  return `${all.slice(0, NAMED).map(say).join(', ')}${more(all.length)}`;
}

function more(count: number): string {
  return count > NAMED ? ` and ${count - NAMED} more` : '';
}
