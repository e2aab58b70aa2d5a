/** A stretch of time, `from` included and `to` not, in which a zone keeps one offset from UTC, in ms. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Stretches are found and kept for so long at a time. */
const CHUNK = 64 * DAY;
/** A formatter weighs some 50 KB, what it tells of a chunk weighs nothing: few are kept. */
const FORMATTERS = 8;
const CHUNKS = 256;
/** No zone is further from UTC. */
const FURTHEST = 15 * HOUR;

const formatters = new Map<string, Intl.DateTimeFormat>();
const zones = new Map<string, Map<number, readonly Stretch[]>>();

/** Whether this is the name of a time zone of the IANA database; an offset like `+01:00` is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    return formatterOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at an instant: ms as if they showed UTC. */
export function localTime(zone: string, at: number): number {
  return at + stretchAt(zone, at).offset;
}

/**
 * The first instant at which the clocks of a zone show this time or a later one: of a time that comes twice the first, of a time that is skipped the end of the
 * gap. It never goes down as the time goes up.
 */
export function firstShown(zone: string, local: number): number {
  for (let { from, to, offset } = stretchAt(zone, local - FURTHEST); ; { from, to, offset } = stretchAt(zone, to)) {
    const at = Math.max(from, local - offset);
    if (at < to) return at;
  }
}

/** The latest time that the clocks of a zone have shown up to an instant: where they were put back a moment ago, the one before that. */
export function latestShown(zone: string, at: number): number {
  let latest = localTime(zone, at);
  for (let { from } = stretchAt(zone, at); from > at - DAY; ) {
    const before = stretchAt(zone, from - 1);
    latest = Math.max(latest, before.to - 1 + before.offset);
    from = before.from;
  }
  return latest;
}

/** The stretch of one offset around an instant; it may end where the offset goes on, at the end of what was looked at together. */
export function stretchAt(zone: string, at: number): Stretch {
  const index = Math.floor(at / CHUNK);
  const known = zones.get(zone) ?? new Map<number, readonly Stretch[]>();
  zones.set(zone, known);
  let stretches = known.get(index);
  if (stretches === undefined) {
    if (known.size >= CHUNKS) known.clear();
    stretches = findStretches(zone, index * CHUNK);
    known.set(index, stretches);
  }
  return stretches.find(({ to }) => at < to)!;
}

/** Looks once a day: no zone has changed its offset twice in a day. */
function findStretches(zone: string, from: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let [began, offset] = [from, offsetAt(zone, from)];
  for (let day = from; day < from + CHUNK; day += DAY) {
    const next = offsetAt(zone, day + DAY);
    if (next === offset) continue;
    const change = findChange(zone, day, day + DAY);
    if (change > began) stretches.push({ from: began, to: change, offset });
    [began, offset] = [change, next];
  }
  if (began < from + CHUNK) stretches.push({ from: began, to: from + CHUNK, offset });
  return stretches;
}

/** The second at which the offset changes, between an instant before and one after it. */
function findChange(zone: string, before: number, after: number): number {
  const offset = offsetAt(zone, before);
  let [low, high] = [before / 1_000, after / 1_000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * 1_000) === offset) low = middle;
    else high = middle;
  }
  return high * 1_000;
}

function offsetAt(zone: string, at: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatterOf(zone).format(at)) ?? [];
  const offset = Number(hours) * HOUR + Number(minutes) * 60_000 + Number(seconds) * 1_000;
  return sign === '-' ? -offset : offset;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const [oldest] = formatters.keys();
  if (formatters.size >= FORMATTERS && oldest !== undefined) formatters.delete(oldest);
  formatters.set(zone, made);
  return made;
}
