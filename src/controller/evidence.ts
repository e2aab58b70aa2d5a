import type { Plan, Signal } from '../core/plan.js';
import type { Finding } from '../core/verdict.js';
import { alphaShare, findingOf, type JudgeContext, judge } from '../judge/judge.js';
import { decodeTally, encodeTally, type SignalTally, startStep, type Tally } from '../judge/tally.js';
import type { SignalSource, Target } from '../ports.js';

/** How long one look waits for its sources, ms. */
const PATIENCE = 250;

/** The evidence of one rollout: readings go in, findings come out, and the tally that survives a restart. */
export class Evidence {
  readonly #plan: Plan;
  readonly #source: SignalSource;
  #tally: Tally;
  #findings: ReadonlyMap<string, Finding>;
  #saved: number;
  readonly #underWay = new Map<Signal['source'], Promise<void>>();

  constructor(plan: Plan, source: SignalSource, tally: string) {
    this.#plan = plan;
    this.#source = source;
    this.#tally = decodeTally(tally);
    this.#saved = countFailures(this.#tally);
    this.#findings = new Map(
      plan.signals.map((signal) => [signal.name, findingOf(signal, this.#tally[signal.name], this.#contextOf(signal, 0))]),
    );
  }

  /** Reads the signals that are due and judges them. A slow source goes on by itself: it delays neither the others nor a revert. */
  async measure(target: Target, abort: AbortSignal): Promise<void> {
    const sources = new Set(this.#plan.signals.map((signal) => signal.source));
    for (const source of sources) {
      if (this.#underWay.has(source)) continue;
      const reading = this.#measureSource(source, target, abort).finally(() => this.#underWay.delete(source));
      this.#underWay.set(source, reading);
    }
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    await Promise.race([Promise.all(this.#underWay.values()), patience]);
    clearTimeout(timer);
  }

  async #measureSource(source: Signal['source'], target: Target, abort: AbortSignal): Promise<void> {
    const own = this.#plan.signals.filter((signal) => signal.source === source);
    for (const reading of await this.#source.read(own, target, abort)) {
      const signal = own.find((one) => one.name === reading.signal);
      if (signal === undefined) continue;
      const { tally, finding } = judge(signal, this.#tally[signal.name], reading, this.#contextOf(signal, reading.at));
      this.#tally = { ...this.#tally, [signal.name]: tally };
      this.#findings = new Map(this.#findings).set(signal.name, finding);
    }
  }

  #contextOf(signal: Signal, at: number): JudgeContext {
    return { alpha: alphaShare(signal, this.#plan.signals), at };
  }

  /** The present finding of every signal, in the plan's order. */
  get findings(): readonly Finding[] {
    return this.#plan.signals.flatMap((signal) => this.#findings.get(signal.name) ?? []);
  }

  /** Starts the counts of a new step; failures and evidence stay. */
  startStep(): void {
    this.#tally = startStep(this.#tally);
  }

  /** The tally as the record keeps it. */
  encoded(): string {
    return encodeTally(this.#tally);
  }

  /** Says that the record holds the tally as it is now. */
  markSaved(): void {
    this.#saved = countFailures(this.#tally);
  }

  /** Whether failures were counted that no record holds yet. */
  get unsaved(): boolean {
    return countFailures(this.#tally) > this.#saved;
  }
}

/** What no restart may forgive, over all signals since the rollout began: bad requests, numbers outside their bounds, and comparisons, won or lost. */
function countFailures(tally: Tally): number {
  return Object.values(tally).reduce((sum, one) => sum + failuresOf(one), 0);
}

function failuresOf(tally: SignalTally): number {
  switch (tally.kind) {
    case 'counts':
      return tally.canary.bad;
    case 'scalar':
      return tally.misses;
    case 'samples':
      // A pair in canary's favour weighs as much as one against it: keeping only the latter would make up evidence.
      return tally.compared.total;
  }
}
