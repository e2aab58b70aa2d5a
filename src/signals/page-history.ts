import type { Family, Snapshot } from './envoy-metrics.js';
import { type Increments, incrementsBetween } from './increments.js';
import type { PageFacts } from './page-facts.js';
import { RequestFollower } from './request-follower.js';

/** One page of a caller as it was read: when (ms), what it says of its writer, and its counters by family. All counters must only grow; `requests` has a gauge among them, which does not. */
export interface CounterPage {
  readonly at: number;
  readonly facts: PageFacts;
  readonly families: ReadonlyMap<Family, Snapshot>;
}

/** One Envoy as it stood last, and what is known of the requests that it sent. */
interface Face extends CounterPage {
  readonly requests: RequestFollower;
}

/** What a page adds, or why it adds nothing. */
export type Taken =
  | { readonly kind: 'counted'; readonly increments: ReadonlyMap<Family, Increments> }
  | { readonly kind: 'ignored'; readonly why: string };

/** How far two readings of when a process began may lie apart, s: the uptime moves at a flush only, and is cut to whole seconds. */
const SLACK = 7;
/** Another Envoy that has not answered for so long, with no counter going back since, is forgotten, ms. */
const KEPT = 15_000;
/** So long after the last change of Envoys it is said that two answer, ms. */
const TURNS_SAID = 60_000;
const MOST_FACES = 4;

const NOTHING: Snapshot = new Map();

/**
 * The pages of one metrics address, one after the other: which of them count. A page goes on from the last one of the same Envoy, and adds what
 * came in between; one that is empty or cut, or whose counters went back, adds nothing; an Envoy that began since the last page adds all that it
 * has; any other one is a base line. So no request counts that was not sent, and none twice.
 */
export class PageHistory {
  /** The Envoys that have answered at the address, each as it stood last; the one that answered last first. */
  #faces: readonly Face[] = [];
  #turnedAt = Number.NEGATIVE_INFINITY;
  #last: CounterPage | undefined;
  #wentBackAt = Number.NEGATIVE_INFINITY;

  /** Two Envoys answered here by turns within the last minute before `now`. */
  hasTurns(now: number): boolean {
    return now - this.#turnedAt < TURNS_SAID;
  }

  /** Takes one page. */
  take(page: CounterPage): Taken {
    const [current] = this.#faces;
    if (isEmpty(page)) return current === undefined ? counted() : ignored('the page is empty');
    const live = this.#faces.filter((face) => face === current || page.at - Math.max(face.at, this.#wentBackAt) <= KEPT);
    if (isCut(page, live)) return ignored('the page is cut off');
    const own = live.filter((face) => isSame(face, page));
    const isTold = page.facts.uptime !== undefined;
    const begun = isTold && current !== undefined && own.length === 0 && startOf(page) >= current.at / 1_000 - 1;
    this.#noteWayBack(page, begun);
    const [before, ...others] = own.filter((face) => !goesBack(face, page));
    if (others.length > 0) return ignored('its counters went back, and it cannot be told whether its Envoy began anew');
    if (before !== undefined) {
      if (before !== current) this.#turnedAt = page.at;
      return this.#goOn(before, page, live);
    }
    if (isTold && own.some((face) => page.at - face.at <= KEPT))
      return ignored('its counters went back though its Envoy did not begin anew');
    const requests = new RequestFollower(begun);
    this.#keep({ ...page, families: filledUpAll(new Map(), page.families), requests }, live);
    return counted(mapOf(page, requests, (_, after) => incrementsBetween(begun ? NOTHING : undefined, after)));
  }

  /** Going back once may be a new beginning; going back again within a minute is another Envoy. */
  #noteWayBack(page: CounterPage, begun: boolean): void {
    const back = !begun && this.#last !== undefined && goesBack(this.#last, page);
    if (back && page.at - this.#wentBackAt < TURNS_SAID) this.#turnedAt = page.at;
    if (back) this.#wentBackAt = page.at;
    this.#last = page;
  }

  #goOn(before: Face, page: CounterPage, live: readonly Face[]): Taken {
    const { requests } = before;
    const families = filledUpAll(before.families, page.families);
    const increments = mapOf(page, requests, (family, after) =>
      incrementsBetween(before.families.get(family), families.get(family) ?? after),
    );
    this.#keep(
      { ...page, families, requests },
      live.filter((face) => face !== before),
    );
    return counted(increments);
  }

  #keep(face: Face, others: readonly Face[]): void {
    this.#faces = [face, ...others].slice(0, MOST_FACES);
  }
}

function counted(increments: ReadonlyMap<Family, Increments> = new Map()): Taken {
  return { kind: 'counted', increments };
}

function ignored(why: string): Taken {
  return { kind: 'ignored', why };
}

/** What the page adds: of the requests by what is known of them, of all else by `work`. */
function mapOf(
  { families }: CounterPage,
  requests: RequestFollower,
  work: (family: Family, after: Snapshot) => Increments,
): ReadonlyMap<Family, Increments> {
  const add = (family: Family, after: Snapshot): Increments =>
    family === 'requests' ? requests.follow(after, families.get('classes') ?? NOTHING) : work(family, after);
  return new Map([...families].map(([family, after]) => [family, add(family, after)]));
}

function isEmpty({ facts, families }: CounterPage): boolean {
  return facts.uptime === undefined && [...families.values()].every((snapshot) => snapshot.size === 0);
}

/** A page that lacks what one of the same address has told before. */
function isCut({ facts }: CounterPage, live: readonly CounterPage[]): boolean {
  const lacks = (fact: keyof PageFacts): boolean =>
    facts[fact] === undefined && live.some((face) => face.facts[fact] !== undefined);
  return lacks('uptime') || (lacks('born') && (facts.uptime ?? 0) > SLACK);
}

/** Whether the page may be of the same process; where neither says, it may. */
function isSame(face: CounterPage, { at, facts }: CounterPage): boolean {
  if (facts.uptime === undefined || face.facts.uptime === undefined) return facts.uptime === face.facts.uptime;
  if (facts.uptime < face.facts.uptime) return false;
  if (facts.born !== undefined && face.facts.born !== facts.born) {
    // Before its first flush Envoy shows none. Later it is the mark of a page that was cut.
    if (face.facts.born !== undefined || face.facts.uptime > SLACK) return false;
  }
  return Math.abs(startOf({ at, facts }) - startOf(face)) <= SLACK;
}

/** When the process began by its page, s: never before it did. */
function startOf({ at, facts }: Pick<CounterPage, 'at' | 'facts'>): number {
  return at / 1_000 - (facts.uptime ?? 0);
}

function goesBack(face: CounterPage, page: CounterPage): boolean {
  return [...page.families].some(([family, after]) => {
    if (family === 'requests') return false;
    const before = face.families.get(family);
    if (before === undefined) return false;
    return [...after].some(([cluster, { values }]) => {
      const old = before.get(cluster)?.values;
      return old !== undefined && [...values].some(([key, value]) => value < (old.get(key) ?? 0));
    });
  });
}

/** What a page leaves out has not changed: Envoy shows what it has used once, until the cluster is gone. */
function filledUpAll(before: CounterPage['families'], after: CounterPage['families']): Map<Family, Snapshot> {
  const full = new Map(before);
  for (const [family, snapshot] of after) full.set(family, filledUp(before.get(family) ?? NOTHING, snapshot));
  return full;
}

function filledUp(before: Snapshot, after: Snapshot): Snapshot {
  const full = new Map(before);
  for (const [cluster, group] of after) {
    const old = before.get(cluster);
    const whole = old === undefined || !lacksSome(group.values, old.values);
    const kept = old === undefined ? ownText(cluster) : cluster;
    full.set(kept, whole ? group : { ...group, values: new Map([...old.values, ...group.values]) });
  }
  return full;
}

function lacksSome(values: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  for (const key of before.keys()) if (!values.has(key)) return true;
  return false;
}

/** The same text in memory of its own: a part of a page would keep the whole page for as long as it lives. */
function ownText(part: string): string {
  return Buffer.from(part).toString();
}
