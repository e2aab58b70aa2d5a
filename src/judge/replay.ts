import type { Plan, Signal } from '../core/plan.js';
import { isScalar } from '../core/scalar-signal.js';
import type { Finding, Reading } from '../core/verdict.js';
import { alphaShare, failingLine } from './alpha.js';
import { weigh } from './count-signal.js';
import { strengthOf } from './evidence.js';
import { findingOf, judge } from './judge.js';
import { limitsOf } from './limits.js';
import type { SignalTally } from './tally.js';

/** One look at a signal: what it read (canary's share of bad requests, or its number; null without one) and how near it was to failing (0 to 1). */
export interface Look {
  readonly at: number;
  readonly value: number | null;
  readonly nearness: number;
}

/** What a signal would have said of the past; `failure` is its first `Failed`. `bad` of `total` canary requests (or measurements) until then, or in all. */
export interface ReplayedSignal {
  readonly signal: Signal;
  readonly looks: readonly Look[];
  readonly failure: Finding | undefined;
  readonly bad: number;
  readonly total: number;
  readonly end: Finding;
}

/** A whole replay; `first` is the signal that would have taken the rollout back: a dry run takes nothing back. */
export interface Replay {
  readonly signals: readonly ReplayedSignal[];
  readonly first: ReplayedSignal | undefined;
}

/** Feeds past readings to the judge in the order of their times, as one rollout without steps that began with the first; readings of unknown signals are left out. */
export function replay(plan: Plan, readings: readonly Reading[]): Replay {
  const signals = plan.signals.map((signal) =>
    replayOne(
      signal,
      readings.filter((reading) => reading.signal === signal.name).sort((a, b) => a.at - b.at),
      alphaShare(signal, plan.signals),
    ),
  );
  const failed = signals.filter(({ signal, failure }) => failure !== undefined && signal.dryRun !== true);
  return { signals, first: failed.sort((a, b) => a.failure!.at - b.failure!.at)[0] };
}

/** Signals share no evidence, so that each can be followed by itself. */
function replayOne(signal: Signal, readings: readonly Reading[], alpha: number): ReplayedSignal {
  let tally: SignalTally | undefined;
  let failure: Finding | undefined;
  let end = findingOf(signal, undefined, { alpha, at: readings[0]?.at ?? 0 });
  const looks: Look[] = [];
  for (const reading of readings) {
    const judged = judge(signal, tally, reading, { alpha, at: reading.at });
    tally = judged.tally;
    end = judged.finding;
    if (end.verdict === 'Failed') failure ??= end;
    looks.push({ at: reading.at, value: readValue(reading), nearness: nearnessOf(signal, tally, alpha) });
  }
  const { bad, total } = tally === undefined ? { bad: 0, total: 0 } : countedBy(tally);
  return { signal, looks, failure, bad, total, end };
}

/** A failed tally stands still: it holds what was seen until it failed. */
function countedBy(tally: SignalTally): { readonly bad: number; readonly total: number } {
  switch (tally.kind) {
    case 'counts':
      return tally.canary;
    case 'samples':
      return { bad: tally.compared.bad, total: tally.samples };
    case 'scalar':
      return { bad: tally.misses, total: tally.samples };
  }
}

function readValue({ measurement }: Reading): number | null {
  switch (measurement.kind) {
    case 'counts':
      return measurement.canary.total === 0 ? null : measurement.canary.bad / measurement.canary.total;
    case 'scalar':
      return Number.isFinite(measurement.value) ? measurement.value : null;
    case 'pair':
      return Number.isFinite(measurement.canary) ? measurement.canary : null;
    default:
      return null;
  }
}

/** Evidence by its logarithm against the failing line; misses against those that fail. */
function nearnessOf(signal: Signal, tally: SignalTally, alpha: number): number {
  if (tally.failed) return 1;
  const part = (strength: number): number => Math.min(1, Math.max(0, Math.log(strength) / Math.log(failingLine(alpha))));
  switch (tally.kind) {
    case 'counts':
      return part(weigh(tally).harm);
    case 'samples':
      return part(strengthOf(tally.test));
    case 'scalar': {
      if (!isScalar(signal)) return 0;
      const { failureLimit, consecutive = Number.POSITIVE_INFINITY } = limitsOf(signal);
      return Math.min(1, Math.max(tally.misses / (failureLimit + 1), tally.streak / consecutive));
    }
  }
}
