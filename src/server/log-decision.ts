import { keepsEvidence, type LogEntry } from '../core/history.js';
import { weightOf } from '../core/legs.js';
import type { Finding } from '../core/verdict.js';
import { formatPercent } from '../core/weights.js';
import type { Log } from './log.js';

/** Whose decision it is; `steps` is how many the plan has, where it is known. */
export interface DecisionOf {
  readonly service: string;
  readonly rollout: string;
  readonly steps?: number;
}

const WARNS: readonly LogEntry['phase'][] = ['Reverting', 'Reverted'];
/** Paused as the plan or a person wants it; any other pause is trouble. */
const ASKED_FOR: readonly LogEntry['reason'][] = ['PauseStep', 'Operator', 'TargetReached'];

/** Logs one decision as one line: a revert or a pause that nobody asked for as a warning, one that only keeps evidence for debugging. */
export function logDecision(log: Log, { service, rollout, steps }: DecisionOf, entry: LogEntry, before?: LogEntry): void {
  const { seq, phase, reason, step, canary, asked, driver, by, message, indexAfter } = entry;
  const weight = formatPercent(weightOf(asked, canary));
  const was = before === undefined ? weight : formatPercent(weightOf(before.asked, canary));
  const fields = {
    service,
    rollout,
    seq,
    phase,
    reason,
    step: steps === undefined ? String(step + 1) : step >= steps ? 'bake' : `${step + 1}/${steps}`,
    canary,
    moved: was === weight ? weight : `${was} -> ${weight}`,
    weights: Object.fromEntries(asked.map((leg) => [leg.subset, leg.weight / 100])),
    ...(driver === '' ? {} : { driver }),
    by,
    index: indexAfter,
    ...mattered(entry),
  };
  log[levelOf(entry, before)](fields, message);
}

function levelOf(entry: LogEntry, before: LogEntry | undefined): 'debug' | 'info' | 'warn' {
  if (keepsEvidence(entry, before)) return 'debug';
  const { phase, reason } = entry;
  return WARNS.includes(phase) || (phase === 'Paused' && !ASKED_FOR.includes(reason)) ? 'warn' : 'info';
}

/** The findings that speak against canary, or that keep it waiting. */
function mattered({ findings }: LogEntry): { readonly findings?: readonly unknown[] } {
  const told = findings.filter(({ verdict }) => verdict !== 'Successful').map(tell);
  return told.length === 0 ? {} : { findings: told };
}

function tell({ name, source, verdict, value, bound, samples, message, dryRun }: Finding): unknown {
  return { signal: name, source, verdict, value, bound, samples, message, ...(dryRun === true ? { dryRun } : {}) };
}
