import { parseDuration } from '../core/duration.js';
import { parsePercent } from '../core/weights.js';
import type { Failure } from '../judge/exposure.js';
import { CommandError } from './exit.js';
import type { VariableFlags } from './variables.js';

/** Flags of `splitter simulate`. */
export interface SimulateFlags extends VariableFlags {
  readonly output?: string;
  readonly errors?: string;
  readonly falseReverts?: boolean;
  readonly rps?: string;
  readonly onset?: string;
  readonly runs?: string;
  readonly seed?: string;
}

/** What is asked of a simulation: nothing more than the course, what users feel of a failure, or the odds of a healthy canary. */
export type Question =
  | { readonly kind: 'course' }
  | { readonly kind: 'failure'; readonly failure: Failure; readonly runs: number; readonly seed: number }
  | { readonly kind: 'healthy'; readonly rps: number; readonly runs: number; readonly seed: number };

const DEFAULT_RPS = '50';
const MOST_RPS = 1_000_000;
const MOST_RUNS = 1_000_000;
const FAILURE_RUNS = '200';
const HEALTHY_RUNS = '1000';
const DEFAULT_SEED = '1';

/** Reads the flags; throws what is wrong with them and what to type. */
export function parseQuestion(file: string, flags: SimulateFlags): Question {
  const { errors, falseReverts = false, onset } = flags;
  const example = `splitter simulate ${file} ${falseReverts ? '--false-reverts' : '--errors 2%'}`;
  if (errors !== undefined && falseReverts)
    throw new CommandError('--errors asks about a bad canary and --false-reverts about a healthy one', example);
  if (errors === undefined && !falseReverts) return refuseRest(flags, example);
  const [rps, seed] = [parseRps(flags), parseWhole('--seed', flags.seed ?? DEFAULT_SEED, 0, 2 ** 32 - 1)];
  const runs = parseWhole('--runs', flags.runs ?? (falseReverts ? HEALTHY_RUNS : FAILURE_RUNS), 1, MOST_RUNS);
  if (errors === undefined) {
    if (onset !== undefined) throw new CommandError('--onset belongs to --errors: a healthy canary has none', example);
    return { kind: 'healthy', rps, runs, seed };
  }
  const share = parsePercent(errors);
  if (share === undefined)
    throw new CommandError(`--errors ${errors} is not a percentage from 0 to 100`, 'write it like --errors 2%');
  const start = onset === undefined ? 0 : parseDuration(onset);
  if (start === undefined)
    throw new CommandError(`--onset ${onset} is not a duration`, 'write it like --onset 90s or --onset 30m');
  return { kind: 'failure', failure: { errors: share / 10_000, rps, onset: start }, runs, seed };
}

function refuseRest(flags: SimulateFlags, example: string): Question {
  const lonely = (['onset', 'rps', 'runs', 'seed'] as const).find((name) => flags[name] !== undefined);
  if (lonely === undefined) return { kind: 'course' };
  const also = lonely === 'onset' ? '' : ', or --false-reverts';
  throw new CommandError(`--${lonely} needs --errors: how much of canary's answers fail${also}`, example);
}

function parseRps({ rps = DEFAULT_RPS }: SimulateFlags): number {
  const rate = Number(rps);
  if (rate > 0 && rate <= MOST_RPS) return rate;
  throw new CommandError(
    `--rps ${rps} is not a number of requests a second`,
    `write it like --rps ${DEFAULT_RPS}; ${MOST_RPS} is the most`,
  );
}

function parseWhole(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new CommandError(`${flag} ${text} is not a whole number from ${least} to ${most}`, `write it like ${flag} 1000`);
}
