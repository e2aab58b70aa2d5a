import { compareShares, type Measurable } from '../core/agreement.js';
import { type Leg, ownLegs } from '../core/legs.js';
import type { Agreement } from '../core/observation.js';
import { WHOLE } from '../core/weights.js';
import type { Traffic } from '../ports.js';

/** Consul batches pushes to the sidecars by 200 ms; requests that ended sooner after a write were sent under the old weights. */
const PROPAGATION = 500;
/** The least time that is looked at after that. */
const LOOK = 300;
/** After so long, few requests mean that there is little traffic, and other shares mean that the sidecars do not follow. */
const SETTLED = 3_000;
/** Older requests say nothing about now. */
const SPAN = 5_000;

/** The last seconds of traffic as the sidecars counted it, and what it says about the weights. Times in ms. */
export class TrafficWindow {
  #samples: Traffic[] = [];
  #readable = false;
  #changedAt = 0;
  readonly #measurable: Measurable;
  readonly #canary: string;

  constructor(measurable: Measurable, canary: string) {
    this.#measurable = measurable;
    this.#canary = canary;
  }

  /** Adds what the sidecars counted since the last time; undefined when none could be read. */
  add(traffic: Traffic | undefined): void {
    this.#readable = traffic !== undefined;
    if (traffic === undefined) return;
    this.#samples.push(traffic);
    this.#samples = this.#samples.filter((sample) => sample.at > traffic.at - SPAN);
  }

  /** Says that other weights are stored since this moment. */
  weightsChanged(at: number): void {
    this.#changedAt = at;
  }

  /** Whether the sidecars do what was asked. */
  agreement(asked: readonly Leg[], now: number): Agreement {
    const since = this.#changedAt + PROPAGATION;
    if (now < since + LOOK) return 'pending';
    if (!this.#readable || this.#measurable === 'not') return 'unknown';
    const verdict = compareShares(asked, this.#count(since), this.#measurable === 'at-least' ? this.#canary : undefined);
    if (verdict === 'agrees') return 'agrees';
    if (now < this.#changedAt + SETTLED) return 'pending';
    return verdict === 'pending' ? 'unknown' : 'differs';
  }

  /** When the agreement can be told at the soonest where no sidecar can be read; undefined where requests are counted, or it can be told now. */
  dueAt(now: number): number | undefined {
    const due = this.#changedAt + PROPAGATION + LOOK;
    return this.#readable || now >= due ? undefined : due;
  }

  /**
   * The share of each subset in basis points, by the requests since the weights changed; undefined when there were none. What goes to other services is not
   * counted here, so its share as asked is taken for granted.
   */
  shares(asked: readonly Leg[]): Readonly<Record<string, number>> | undefined {
    const counts = this.#readable ? this.#count(this.#changedAt + PROPAGATION) : {};
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    const whole = ownLegs(asked).reduce((sum, { weight }) => sum + weight, 0) || WHOLE;
    return Object.fromEntries(Object.entries(counts).map(([subset, count]) => [subset, Math.round((count / total) * whole)]));
  }

  #count(since: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const sample of this.#samples) {
      if (sample.at < since) continue;
      for (const [subset, requests] of Object.entries(sample.requests)) counts[subset] = (counts[subset] ?? 0) + requests;
    }
    return counts;
  }
}
