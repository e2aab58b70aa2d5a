import { oneLine } from './style.js';

/** One log record, as it is written in JSON too; what else it holds is for machines. */
export interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly service?: string;
  readonly phase?: string;
  readonly reason?: string;
  /** What canary gets, `25%`; with what it got before, `10% -> 25%`. */
  readonly moved?: string;
  /** `2/5` */
  readonly step?: string;
  readonly hint?: string;
}

const MARKS: Readonly<Record<string, string>> = { warn: 'WARN ', error: 'ERROR ' };

/** A log record as a line that a person reads: `2026-11-21T09:00:00Z payments 10% -> 25%  step 2/5  Progressing (Stepping)  weight 25%`. */
export function renderLogLine(record: LogRecord): string {
  const { level, time, msg, service, phase, reason, moved, step, hint } = record;
  const state = phase === undefined ? undefined : `${phase}${reason === undefined ? '' : ` (${reason})`}`;
  const head = [service, moved].filter((part) => part !== undefined).join(' ');
  const parts = [
    head,
    step === undefined ? undefined : `step ${step}`,
    state,
    msg,
    hint === undefined ? undefined : `-> ${hint}`,
  ];
  const said = parts.filter((part) => part !== undefined && part !== '').join('  ');
  return `${time.replace(/\.\d+Z$/, 'Z')} ${MARKS[level] ?? ''}${oneLine(said)}\n`;
}
