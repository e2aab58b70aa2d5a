import type { EnvoySignal } from '../core/plan.js';
import type { Band, Counts, Finding, Verdict } from '../core/verdict.js';
import { failingLine, suspiciousLine } from './alpha.js';
import { lowerShare, upperShare } from './confidence.js';
import { type CountEvidence, isStableWorse, weigh } from './count-signal.js';
import { type CountTally, inStep, type Sides } from './count-tally.js';
import { describeBad } from './count-words.js';
import { shareOf } from './counts.js';
import { describeEvidence, formatBound, formatCount, formatExact, formatShare, plural } from './text.js';
import { canGive, isAbove, tellCounts } from './told-counts.js';

/** Errors in a row after which a count signal is an `Error`: three seconds at ten looks a second, in which a sidecar may restart. */
const ERROR_LIMIT = 30;

const CONFIDENCE = 0.99;

/** Of two shares each, for 99 % in all. */
const BOTH_CONFIDENCE = 0.995;

/** The finding of a count signal. Samples are canary's requests in the present step. */
export function findCounts(signal: EnvoySignal, tally: CountTally, alpha: number, query?: string, note?: string): Finding {
  return new CountFinding(signal, tally, alpha, query, note);
}

/** A finding is made ten times a second and seldom read: what only people and some steps ask for is worked out when it is asked for. */
class CountFinding implements Finding {
  readonly name: string;
  readonly source = 'envoy';
  readonly verdict: Verdict;
  readonly samples: number;
  readonly failed: number;
  readonly at: number;
  readonly stableWorse: boolean;
  readonly above: boolean;
  declare readonly query?: string;
  declare readonly dryRun?: boolean;
  readonly #signal: EnvoySignal;
  readonly #tally: CountTally;
  readonly #alpha: number;
  readonly #step: Sides;
  readonly #note: string | undefined;

  constructor(signal: EnvoySignal, tally: CountTally, alpha: number, query?: string, note?: string) {
    this.#signal = signal;
    this.#tally = tally;
    this.#alpha = alpha;
    this.#note = note;
    this.#step = inStep(tally);
    const evidence = weigh(tally);
    this.name = signal.name;
    this.stableWorse = isStableWorse(tally, evidence, alpha);
    const verdict = verdictOf(signal, tally, { step: this.#step, evidence, stableWorse: this.stableWorse, alpha });
    this.above = verdict === 'Successful' && isAbove(signal, tally, this.#step);
    this.verdict = this.above ? 'Inconclusive' : verdict;
    const sample = tally.failed ? this.#told().canary : this.#step.canary;
    this.samples = sample.total;
    this.failed = sample.bad;
    this.at = tally.at;
    if (query !== undefined) this.query = query;
    if (signal.dryRun === true) this.dryRun = true;
  }

  get value(): string | null {
    const { canary } = this.#told();
    return canary.total === 0 ? null : formatShare(shareOf(canary));
  }

  get bound(): string {
    return describeBound(this.#signal);
  }

  get message(): string {
    const { verdict, above, stableWorse } = this;
    const story = {
      verdict,
      above,
      evidence: weigh(this.#tally),
      stableWorse,
      step: this.#step,
      told: this.#told(),
      alpha: this.#alpha,
    };
    const said = [describe(this.#signal, this.#tally, story), this.#tally.sight, this.#note];
    return said.filter((part) => part !== undefined).join('; ');
  }

  get clear(): boolean {
    if (this.verdict !== 'Successful') return false;
    const { canary, stable } = this.#told();
    const { max, margin = 0 } = this.#signal;
    if (max !== undefined) return upperShare(canary, CONFIDENCE) < max;
    const least = lowerShare(stable.total === 0 ? this.#tally.stable : stable, BOTH_CONFIDENCE);
    return upperShare(canary, BOTH_CONFIDENCE) < least + margin;
  }

  get band(): Band | undefined {
    const { canary } = this.#told();
    if (canary.total === 0) return undefined;
    return { low: inPercent(lowerShare(canary, CONFIDENCE)), high: inPercent(upperShare(canary, CONFIDENCE)) };
  }

  /** As it is written into the history and into the driver's lock. */
  toJSON(): Finding {
    const { name, source, verdict, value, bound, samples, failed, at, message } = this;
    const { stableWorse, above, clear, band, query, dryRun } = this;
    return {
      ...{ name, source, verdict, value, bound, samples, failed, at, message },
      ...(stableWorse ? { stableWorse } : {}),
      ...(above ? { above } : {}),
      ...(clear ? { clear } : {}),
      ...(band === undefined ? {} : { band }),
      ...(query === undefined ? {} : { query }),
      ...(dryRun === undefined ? {} : { dryRun }),
    };
  }

  #told(): Sides {
    return tellCounts(this.#signal, this.#tally, this.#step, this.#alpha);
  }
}

/** To a thousandth: what is shown and kept needs no more digits. */
function inPercent(share: number): number {
  return Math.round(share * 100_000) / 1_000;
}

/** The bound for people: `<= 0.5%` or `<= stable + 0.2%`. */
export function describeBound(signal: EnvoySignal): string {
  return wordsOf(signal).bound;
}

interface Words {
  readonly bound: string;
  readonly limit: string;
}

const words = new WeakMap<EnvoySignal, Words>();

/** The bound in a column and in a sentence; made once for each signal, for findings are made at every look. */
function wordsOf(signal: EnvoySignal): Words {
  let known = words.get(signal);
  if (known === undefined) {
    known = describeOnce(signal);
    words.set(signal, known);
  }
  return known;
}

function describeOnce({ max, margin }: EnvoySignal): Words {
  if (max !== undefined) return { bound: `<= ${formatBound(max)}`, limit: `the bound is ${formatBound(max)}` };
  if (margin) return { bound: `<= stable + ${formatBound(margin)}`, limit: `canary may be worse by ${formatBound(margin)}` };
  return { bound: '<= stable', limit: 'canary may not be worse' };
}

interface Weighed {
  readonly step: Sides;
  readonly evidence: CountEvidence;
  readonly stableWorse: boolean;
  readonly alpha: number;
}

/** By the evidence alone: what is shown may yet be above the bound. */
function verdictOf(signal: EnvoySignal, tally: CountTally, { step, evidence, stableWorse, alpha }: Weighed): Verdict {
  if (tally.failed) return 'Failed';
  if (tally.trouble !== null)
    return tally.trouble.kind === 'error' && tally.trouble.streak > ERROR_LIMIT ? 'Error' : 'Inconclusive';
  if (step.canary.total === 0 || stableWorse) return 'Inconclusive';
  if (isAlone(signal, tally) && shareOf(step.canary) > (signal.margin ?? 0)) return 'Inconclusive';
  return evidence.harm >= suspiciousLine(alpha) ? 'Inconclusive' : 'Successful';
}

/** A comparison without the other side: canary is only told good where it could not be worse by the margin than a stable without a bad request. */
function isAlone(signal: EnvoySignal, tally: CountTally): boolean {
  return signal.margin !== undefined && tally.stable.total === 0;
}

interface Story extends Weighed {
  readonly verdict: Verdict;
  readonly above: boolean;
  readonly told: Sides;
}

function describe(signal: EnvoySignal, tally: CountTally, story: Story): string {
  const { told, evidence, alpha } = story;
  const isExact = story.verdict === 'Failed';
  const share = describeShare(signal, told.canary, { recent: told === tally.recent, isExact });
  const facts = `${share}${describeStable(told.stable)}${describeFrozen(signal, tally, story.step)}`;
  const against = `${facts}; ${wordsOf(signal).limit}`;
  if (story.verdict === 'Failed') {
    const line = failingLine(alpha);
    return canGive(signal, told, evidence.harm)
      ? `${against} ${describeEvidence(evidence.harm, line)}`
      : `${against} (a stretch of them gives over the ${formatCount(line)} that are needed as evidence)`;
  }
  if (tally.trouble !== null)
    return `${tally.trouble.kind === 'none' ? 'no data' : 'could not be measured'}: ${tally.trouble.why}`;
  if (story.step.canary.total === 0) return describeSilence(tally, story, facts);
  if (isAlone(signal, tally)) return `${facts}; no request reached stable, so there is nothing to compare with`;
  if (story.stableWorse) return `${against}; ${blameStable(signal, evidence, alpha)}`;
  if (story.verdict === 'Inconclusive') {
    const doubt = story.above ? 'above it so far' : 'this points to harm';
    return `${against}; ${doubt} ${describeEvidence(evidence.harm, failingLine(alpha))}`;
  }
  if (signal.margin !== undefined) return against;
  return `${against}; 99% sure that it is below ${formatShare(upperShare(told.canary, CONFIDENCE))}`;
}

/** Why there is nothing to judge: no traffic at all, or stable has some and canary none; in the rollout, or in this step only. */
function describeSilence(tally: CountTally, { step, stableWorse }: Story, facts: string): string {
  const isFirst = tally.canary.total === 0;
  const { bad, total } = isFirst ? tally.stable : step.stable;
  const where = isFirst ? '' : ' in this step';
  const before = isFirst ? '' : ` (before it: ${facts})`;
  const blame = stableWorse
    ? `; stable itself fails (${formatShare(bad / Math.max(1, total))}), so the trouble is not canary`
    : '';
  if (total === 0) return `no traffic${where}: 0 requests reached canary, 0 stable${before}${blame}`;
  return `0 requests reached canary${where}, ${formatCount(total)} stable${before}${blame}`;
}

interface Telling {
  readonly recent: boolean;
  /** Whoever reads what took a version back can tell how many requests were bad. */
  readonly isExact: boolean;
}

function describeShare(signal: EnvoySignal, told: Counts, { recent, isExact }: Telling): string {
  const verb = describeBad(signal);
  const of = `${recent ? 'the last ' : ''}${plural(told.total, 'request')}`;
  return told.bad === 0
    ? `none of ${of} ${verb}`
    : `${isExact ? formatExact(told) : formatShare(shareOf(told))} of ${of} ${verb}`;
}

function describeStable(stable: Counts): string {
  return stable.total === 0 ? '' : `, ${formatShare(shareOf(stable))} of ${formatCount(stable.total)} on stable`;
}

/** What canary is held to in a step in which stable, which had requests before, has none. */
function describeFrozen({ margin }: EnvoySignal, { stable }: CountTally, step: Sides): string {
  if (margin === undefined || step.canary.total === 0 || step.stable.total > 0 || stable.total === 0) return '';
  return `; stable, which gets none now, was below ${formatShare(upperShare(stable, BOTH_CONFIDENCE))} before`;
}

function blameStable(signal: EnvoySignal, evidence: CountEvidence, alpha: number): string {
  if (signal.margin !== undefined) return 'stable is worse than canary, so the trouble is not canary';
  if (evidence.harm >= suspiciousLine(alpha)) return 'both fail, so the trouble is elsewhere';
  return 'stable itself breaks the bound and canary does not';
}
