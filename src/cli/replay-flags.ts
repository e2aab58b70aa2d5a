import { parseDuration } from '../core/duration.js';
import { MOMENT_FORMS, parseMoment } from '../core/moment.js';
import type { Range } from '../signals/prometheus-range.js';
import { CommandError } from './exit.js';
import type { Io } from './io.js';
import type { VariableFlags } from './variables.js';

/** Flags of `splitter replay`. */
export interface ReplayFlags extends VariableFlags {
  readonly output?: string;
  readonly prometheus?: string;
  readonly from?: string;
  readonly to?: string;
  readonly step?: string;
  readonly canary?: string;
  readonly file?: string;
  readonly record?: string;
}

/** Where the past is taken from. */
export type PastSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'prometheus'; readonly url: string; readonly range: Range };

const DEFAULT_STEP = '15s';
const LEAST_STEP = 1_000;

/** Reads the flags; throws what is wrong with them and what to type. */
export function parsePastSource(plan: string, flags: ReplayFlags, env: Io['env'], now: number): PastSource {
  const { file } = flags;
  if (file !== undefined) {
    const other = (['prometheus', 'from', 'to', 'step', 'canary', 'record'] as const).find((name) => flags[name] !== undefined);
    if (other === undefined) return { kind: 'file', file };
    throw new CommandError(
      `--file replays all that was recorded; --${other} goes with --prometheus`,
      `splitter replay ${plan} --file ${file}`,
    );
  }
  const url = flags.prometheus ?? env.PROMETHEUS_URL;
  if (!url)
    throw new CommandError(
      'nothing says where the past is: neither --prometheus nor --file',
      `splitter replay ${plan} --prometheus http://127.0.0.1:9090 --from -2h`,
    );
  if (flags.from === undefined) throw new CommandError('--from is missing: where the past begins', `write ${MOMENT_FORMS}`);
  const [from, to] = [parseTime('--from', flags.from, now), parseTime('--to', flags.to ?? 'now', now)];
  const step = parseDuration(flags.step ?? DEFAULT_STEP);
  if (step === undefined || step < LEAST_STEP)
    throw new CommandError(`--step ${flags.step} is no duration of at least 1s`, `write it like --step ${DEFAULT_STEP}`);
  if (from > now) throw new CommandError(`--from ${flags.from} is in the future`, `write ${MOMENT_FORMS}`);
  if (to <= from)
    throw new CommandError(
      `the range is empty: --to (${new Date(to).toISOString()}) is not after --from (${new Date(from).toISOString()})`,
      'exchange them, or leave --to out: it is now',
    );
  if (to - from < step)
    throw new CommandError(
      `the range holds one look only: it is shorter than --step ${flags.step ?? DEFAULT_STEP}`,
      'write a smaller --step',
    );
  return { kind: 'prometheus', url, range: { from, to, step } };
}

function parseTime(flag: string, text: string, now: number): number {
  const at = parseMoment(text, now);
  if (at === undefined || Math.abs(at) > 8.64e15) throw new CommandError(`${flag} ${text} is no time`, `write ${MOMENT_FORMS}`);
  return Math.floor(at / 1_000) * 1_000;
}
