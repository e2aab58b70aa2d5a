import type { LogEntry } from '../core/history.js';
import { weightOf } from '../core/legs.js';
import type { Finding } from '../core/verdict.js';
import type { Moment } from './plain.js';

/** A number at a moment, ms since the epoch; null where it was not known. */
export interface Mark {
  readonly at: number;
  readonly value: number | null;
}

/** A decision of the rollout: when, and its sentence. */
export interface Decided {
  readonly at: number;
  readonly message: string;
  readonly index: number;
}

/** What the charts show, ms. */
export const TRAIL_WINDOW = 900_000;
/** Marks closer than this are one, ms. */
const GRAIN = 1_000;
const DECISIONS = 20;

/** What a view remembers while it looks at one rollout: canary's weights, the signals' values, the last decisions, and when it last heard from Consul. */
export class Trail {
  #rollout: string | undefined;
  #seq = -1;
  #stored: Mark[] = [];
  #observed: Mark[] = [];
  #signals = new Map<string, Mark[]>();
  #decided: Decided[] = [];
  #freshAt = 0;

  /** Takes note of a moment; another rollout begins a trail of its own. */
  add(moment: Moment): void {
    const { rollout, seen, now } = moment;
    if (moment.trouble === undefined) this.#freshAt = now;
    if (rollout === undefined) return;
    if (rollout.id !== this.#rollout) this.#forget(rollout.id);
    put(this.#stored, now, weightOf(rollout.asked, rollout.canary) / 100);
    put(this.#observed, now, seen.observed === undefined ? null : (seen.observed[rollout.canary] ?? 0) / 100);
    for (const finding of seen.findings) put(this.#marksOf(finding.name), now, numberOf(finding));
    if (rollout.seq <= this.#seq) return;
    this.#seq = rollout.seq;
    this.#decide({ at: rollout.enteredAt, message: rollout.message, index: seen.splitter?.modifyIndex ?? 0 });
  }

  /** Takes note of what the decision log tells of the time before. */
  recall(rollout: string, entries: readonly LogEntry[]): void {
    if (rollout !== this.#rollout) this.#forget(rollout);
    for (const { seq, at, asked, canary, findings, message, indexAfter } of entries) {
      if (seq <= this.#seq) continue;
      this.#seq = seq;
      put(this.#stored, at, weightOf(asked, canary) / 100);
      for (const finding of findings) put(this.#marksOf(finding.name), at, numberOf(finding));
      this.#decide({ at, message, index: indexAfter });
    }
  }

  /** Canary's weight as asked, percent. */
  get stored(): readonly Mark[] {
    return this.#stored;
  }

  /** Canary's share as the sidecars measured it, percent. */
  get observed(): readonly Mark[] {
    return this.#observed;
  }

  /** The values of a signal, in the unit in which they are shown. */
  signal(name: string): readonly Mark[] {
    return this.#signals.get(name) ?? [];
  }

  /** The last decisions, newest first. */
  get decided(): readonly Decided[] {
    return this.#decided;
  }

  /** When Consul last answered; 0 before it did. */
  get freshAt(): number {
    return this.#freshAt;
  }

  #forget(rollout: string): void {
    this.#rollout = rollout;
    this.#seq = -1;
    [this.#stored, this.#observed, this.#signals, this.#decided] = [[], [], new Map(), []];
  }

  #marksOf(name: string): Mark[] {
    const marks = this.#signals.get(name) ?? [];
    this.#signals.set(name, marks);
    return marks;
  }

  /** The same sentence again, as when evidence is saved between decisions, is no decision. */
  #decide(decided: Decided): void {
    if (this.#decided[0]?.message === decided.message) return;
    this.#decided = [decided, ...this.#decided].slice(0, DECISIONS);
  }
}

function put(marks: Mark[], at: number, value: number | null): void {
  const last = marks.at(-1);
  if (last !== undefined && at - last.at < GRAIN && last.value !== null) marks.pop();
  marks.push({ at: last !== undefined && at - last.at < GRAIN ? last.at : at, value });
  while (marks[0] !== undefined && marks[0].at < at - TRAIL_WINDOW) marks.shift();
}

/** The number in what a finding shows, as 0.16 of `0.16%`. */
export function numberOf({ value }: Pick<Finding, 'value'>): number | null {
  return value === null ? null : numberIn(value);
}

/** The first number in a text for people; null where there is none. */
export function numberIn(text: string): number | null {
  const found = /-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?/i.exec(text)?.[0];
  return found === undefined ? null : Number(found.replaceAll(',', ''));
}
