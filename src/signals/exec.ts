import { fillPlaceholders } from '../core/placeholders.js';
import type { ExecSignal } from '../core/plan.js';
import { isProbe } from '../core/scalar-signal.js';
import type { Target } from '../ports.js';
import type { Measured } from './measured.js';

/** How a program ended: whether by exit 0, in words, and what it printed. `started` is false when it could not even be started. */
export interface ProgramEnd {
  readonly ok: boolean;
  readonly started: boolean;
  readonly message: string;
  readonly stdout: string;
  readonly output: string;
}

/** Runs a program without a shell and waits for its end, at most `timeout` ms. Never throws. */
export type RunProgram = (
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
  timeout: number,
  abort: AbortSignal,
) => Promise<ProgramEnd>;

const KEPT = 200;

/** Runs the signal's program once. A probe is 1 (exit 0) or 0; with a bound its last line is the number, and another exit an `error`. */
export async function measureExec(
  signal: ExecSignal,
  target: Pick<Target, 'service' | 'stable' | 'canary'>,
  run: RunProgram,
  abort: AbortSignal,
): Promise<Measured> {
  const command = signal.command.map((word) => fillPlaceholders(word, target));
  const query = command.join(' ');
  const variables = {
    SPLITTER_POINT: 'signal',
    SPLITTER_SIGNAL: signal.name,
    SPLITTER_SERVICE: target.service,
    SPLITTER_STABLE: target.stable,
    SPLITTER_CANARY: target.canary,
  };
  const end = await run(command, variables, signal.timeout, abort);
  const last = lastLine(isProbe(signal) ? end.output : end.stdout);
  const raw = `${end.message}${last === '' ? '' : `: ${last.slice(0, KEPT)}`}`;
  if (abort.aborted) return { query, raw: '', measurement: { kind: 'none', why: 'given up' } };
  if (!end.started) return { query, raw, measurement: { kind: 'error', why: end.message } };
  if (isProbe(signal)) return { query, raw, measurement: { kind: 'scalar', value: end.ok ? 1 : 0 } };
  if (!end.ok) return { query, raw, measurement: { kind: 'error', why: `${query}: ${raw}` } };
  if (last === '' || last === 'NaN') return { query, raw, measurement: { kind: 'none', why: `${query} printed no number` } };
  const value = Number(last);
  if (Number.isFinite(value)) return { query, raw, measurement: { kind: 'scalar', value } };
  const why = `the last line of ${query} is no number: ${last.slice(0, KEPT)}; print the number alone, others to stderr`;
  return { query, raw, measurement: { kind: 'error', why } };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
