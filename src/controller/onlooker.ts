import { measurable } from '../core/agreement.js';
import type { Coverage } from '../core/coverage.js';
import type { Following } from '../core/following.js';
import { type Leg, sameShares } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import { whyOwnShares } from '../core/route.js';
import type { Finding } from '../core/verdict.js';
import type { SignalSource, TrafficSource } from '../ports.js';
import { Evidence } from './evidence.js';
import { Followers } from './followers.js';
import { targetOf } from './target.js';
import { TrafficWindow } from './traffic-window.js';

/** What sidecars tell: shares in basis points where there were requests, how much callers count, whether each follows the weights, and the findings of the `envoy` signals. */
export interface Glance {
  readonly observed?: Readonly<Record<string, number>>;
  readonly coverage: Readonly<Record<string, Coverage>>;
  readonly following?: readonly Following[];
  readonly findings: readonly Finding[];
}

/** Looks on at a rollout that somebody else drives, through the callers' sidecars alone: runs no program, asks no vendor, decides nothing. */
export class Onlooker {
  readonly #plan: Plan;
  readonly #source: SignalSource & TrafficSource;
  readonly #evidence: Evidence;
  readonly #window: TrafficWindow;
  readonly #followers: Followers;
  #asked: readonly Leg[];

  /** Judges from the evidence on that the record holds. */
  constructor(plan: Plan, rollout: Rollout, source: SignalSource & TrafficSource) {
    const sidecars: SignalSource = {
      read: async (signals, target, abort) => (signals[0]?.source === 'envoy' ? source.read(signals, target, abort) : []),
    };
    this.#plan = plan;
    this.#source = source;
    this.#evidence = new Evidence(plan, sidecars, rollout.tally);
    this.#window = new TrafficWindow(measurable(plan.route), rollout.canary);
    this.#followers = new Followers(rollout.canary, measurable(plan.route) === 'at-least');
    this.#asked = rollout.asked;
  }

  /** One more look at the rollout as its record is now. */
  async look(rollout: Rollout, now: number, abort: AbortSignal): Promise<Glance> {
    const target = targetOf(this.#plan, rollout, rollout.id);
    if (!sameShares(rollout.asked, this.#asked)) this.#window.weightsChanged(now);
    this.#asked = rollout.asked;
    await this.#evidence.measure(target, abort);
    this.#followers.weigh(rollout.asked, now);
    const traffic = await this.#source.traffic(target, abort);
    this.#window.add(traffic);
    this.#followers.add(traffic);
    const observed = this.#window.shares(rollout.asked);
    const findings = this.#evidence.findings.filter(({ source }) => source === 'envoy');
    const coverage = this.#source.coverage(target);
    const following = this.#followers.following(whyOwnShares(this.#plan, undefined));
    return {
      findings,
      coverage,
      ...(observed === undefined ? {} : { observed }),
      ...(following === undefined ? {} : { following }),
    };
  }
}
