import type { CallerName, Following } from '../core/following.js';
import { type Leg, ownLegs, sameShares, weightOf } from '../core/legs.js';
import { partAmong, partOf, SPLIT_ALPHA } from '../judge/alpha.js';
import { beginSplit, continueSplit, isPast, type SplitState, type SplitTask } from '../judge/split-test.js';
import type { Traffic } from '../ports.js';

/** A sidecar has new weights some ms to a second after Consul; what it sends sooner is no evidence, ms. */
const GRACE = 1_500;
/** A caller that was not read for so long is gone, ms. */
const GONE = 60_000;
/** Under this name requests are told that went to no subset. */
const NO_SUBSET = '';

interface Follower {
  readonly caller: CallerName;
  readonly task: SplitTask;
  state: SplitState;
  at: number;
  /** How it stands, until it changes: it is asked for at every turn, and most callers have no news then. Null: nothing to tell. */
  told: Following | null | undefined;
}

/** Holds each caller by itself to the stored weights, by the requests that it sent since it can have them. Times in ms. */
export class Followers {
  readonly #canary: string;
  readonly #atLeast: boolean;
  readonly #known = new Map<string, Follower>();
  #legs: readonly Leg[] | undefined;
  #before: readonly Leg[] | undefined;
  #since = Number.NEGATIVE_INFINITY;
  #isReadable = false;
  /** Weights so far, those now among them; and callers that were expected and met under these. */
  #weights = 0;
  #expected = 0;
  #met = 0;

  /** `atLeast`: testers' requests reach canary on top of its share. */
  constructor(canary: string, atLeast: boolean) {
    this.#canary = canary;
    this.#atLeast = atLeast;
  }

  /** Says which weights are stored, and since when: others than before begin every caller anew. */
  weigh(legs: readonly Leg[], since: number): void {
    if (this.#legs !== undefined && sameShares(legs, this.#legs)) return;
    this.#before = this.#legs;
    this.#legs = legs;
    this.#since = since;
    this.#weights++;
    this.#expected = 0;
    this.#met = 0;
    this.#known.clear();
  }

  /** Adds what callers counted since the last time; undefined when none could be read. */
  add(traffic: Traffic | undefined): void {
    this.#isReadable = traffic !== undefined;
    if (traffic === undefined) return;
    const { at, each = [], callers } = traffic;
    for (const { from, at: until, requests, ...caller } of each) {
      if (from < this.#since + GRACE) continue;
      const total = Object.values(requests).reduce((sum, sent) => sum + sent, 0);
      const key = JSON.stringify([caller.node, caller.id, caller.name]);
      const known = this.#known.get(key) ?? this.#meet(caller, callers.found);
      if (known === undefined) continue;
      known.at = until;
      const { [this.#canary]: canary = 0, [NO_SUBSET]: past = 0 } = requests;
      known.state = continueSplit(known.task, known.state, { canary, past, total });
      known.told = undefined;
      this.#known.set(key, known);
    }
    for (const [key, { at: seen }] of this.#known) if (seen < at - GONE) this.#known.delete(key);
  }

  /** How each caller that sent something stands; undefined where none can be read. `why`: what explains other shares than the weights'. */
  following(why?: string): readonly Following[] | undefined {
    if (!this.#isReadable) return undefined;
    const all: Following[] = [];
    for (const known of this.#known.values()) {
      if (known.told === undefined) known.told = this.#tell(known);
      if (known.told !== null) all.push(explain(known.told, why));
    }
    return all;
  }

  #tell({ caller, task, state: { counts, follows } }: Follower): Following | null {
    const { canary, past, total } = counts;
    if (total === 0 && follows === null) return null;
    const split = total - past;
    const sent = split === 0 ? (total === 0 ? task.asked : 0) : canary / split;
    const unsplit = follows === false && isPast(counts) ? { past: true as const } : {};
    return { ...caller, follows, canary: this.#canary, sent, asked: task.asked, requests: total, ...unsplit };
  }

  #meet(caller: CallerName, found: number): Follower | undefined {
    const asked = this.#shareIn(this.#legs);
    if (asked === undefined) return undefined;
    if (this.#met === 0) this.#expected = Math.max(1, found);
    const alpha = SPLIT_ALPHA * partOf(this.#weights) * partAmong(this.#met++, this.#expected);
    const task = { asked, before: this.#shareIn(this.#before), alpha, atLeast: this.#atLeast };
    return { caller, task, state: beginSplit(task), at: 0, told: undefined };
  }

  /** Canary's part of what goes to the service's own legs: what goes to another service is counted there. */
  #shareIn(legs: readonly Leg[] | undefined): number | undefined {
    const own = ownLegs(legs ?? []);
    // What goes to all instances is in no subset's counters.
    if (own.some(({ subset, weight }) => subset === '' && weight > 0)) return undefined;
    const whole = own.reduce((sum, { weight }) => sum + weight, 0);
    return whole === 0 ? undefined : weightOf(own, this.#canary) / whole;
  }
}

function explain(told: Following, why: string | undefined): Following {
  return told.follows === false && why !== undefined ? { ...told, explained: why } : told;
}
