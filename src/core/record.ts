import { HOME } from './home.js';
import { decodeLegs, encodeLegs } from './legs.js';
import type { HookName } from './plan.js';
import type { PauseReason, RevertReason, Rollout, Standing, State } from './rollout.js';

/** Consul's own convention for who owns an entry; its UI shows it. */
export const OWNER_KEY = 'external-source';
export const OWNER = 'splitter';

/** Every Meta key of splitter starts so; others' keys are kept as they are. */
export const META_PREFIX = 'splitter-';

/** Consul's limits on the Meta of an entry: bytes of a value (measured on 1.22.5). */
export const META_VALUE_BYTES = 512;

/** The Meta of a splitter entry. */
export type Meta = Readonly<Record<string, string>>;

/** Meta with the record of this rollout in it: others' keys kept, splitter's replaced. Long values are cut (message) or chunked (tally). */
export function writeRecord(meta: Meta, rollout: Rollout): Meta {
  const others = Object.fromEntries(Object.entries(meta).filter(([key]) => !key.startsWith(META_PREFIX)));
  return {
    ...others,
    [OWNER_KEY]: OWNER,
    'splitter-rollout': rollout.id,
    ...(rollout.group === undefined ? {} : { [GROUP_KEY]: rollout.group }),
    ...(rollout.wave === undefined ? {} : { [WAVE_KEY]: rollout.wave }),
    ...(rollout.drill === undefined ? {} : { [DRILL_KEY]: 'yes' }),
    ...(rollout.before === undefined ? {} : { [BEFORE_KEY]: rollout.before }),
    'splitter-seq': String(rollout.seq),
    'splitter-phase': rollout.state.phase,
    'splitter-reason': rollout.state.reason,
    'splitter-step': String(rollout.state.step),
    ...(rollout.state.reason === 'StableGone' ? { [STOOD_KEY]: encodeStanding(rollout.state.stood) } : {}),
    'splitter-entered': formatTime(rollout.enteredAt),
    'splitter-started': formatTime(rollout.startedAt),
    'splitter-stable': rollout.stable,
    'splitter-canary': rollout.canary,
    'splitter-asked': encodeLegs(rollout.asked),
    'splitter-plan': rollout.plan,
    'splitter-driver': cut(rollout.driver),
    'splitter-by': cut(rollout.by),
    'splitter-message': cut(rollout.message),
    ...(rollout.owes.length === 0 ? {} : { 'splitter-owes': rollout.owes.join(',') }),
    ...Object.fromEntries(Object.entries(rollout.adopted).map(([subset, filter]) => [`${FILTER_KEY}${subset}`, filter])),
    ...Object.fromEntries(chunk(rollout.tally).map((part, i) => [i === 0 ? 'splitter-tally' : `splitter-tally-${i}`, part])),
  };
}

/** The rollout whose record this Meta holds; undefined when there is none or it is not whole (then it is treated as somebody else's entry). */
export function readRecord(meta: Meta): Rollout | undefined {
  const asked = decodeLegs(meta['splitter-asked'] ?? '');
  const state = readState(meta['splitter-phase'], meta['splitter-reason'], Number(meta['splitter-step']), meta[STOOD_KEY]);
  const seq = Number(meta['splitter-seq']);
  const startedAt = Date.parse(meta['splitter-started'] ?? '');
  const enteredAt = Date.parse(meta['splitter-entered'] ?? '');
  const [id, stable, canary] = [meta['splitter-rollout'], meta['splitter-stable'], meta['splitter-canary']];
  if (asked === undefined || state === undefined || !Number.isInteger(seq) || Number.isNaN(startedAt) || Number.isNaN(enteredAt))
    return undefined;
  if (!id || !stable || !canary) return undefined;
  // Roles that its own weights do not name are not to be believed: going back would go where nobody is.
  if (stable === canary || ![stable, canary].every((name) => asked.some(({ subset }) => subset === name))) return undefined;
  const tally = [meta['splitter-tally'] ?? ''];
  for (let i = 1; meta[`splitter-tally-${i}`] !== undefined; i++) tally.push(meta[`splitter-tally-${i}`]!);
  const group = groupIn(meta);
  return {
    id,
    ...(group === undefined ? {} : { group }),
    ...(meta[WAVE_KEY] ? { wave: meta[WAVE_KEY] } : {}),
    ...(meta[DRILL_KEY] ? { drill: true } : {}),
    ...(meta[BEFORE_KEY] ? { before: meta[BEFORE_KEY] } : {}),
    seq,
    stable,
    canary,
    plan: meta['splitter-plan'] ?? '',
    driver: meta['splitter-driver'] ?? '',
    by: meta['splitter-by'] ?? '',
    startedAt,
    enteredAt,
    asked,
    state,
    tally: tally.join(''),
    message: meta['splitter-message'] ?? '',
    owes: HOOKS.filter((hook) => (meta['splitter-owes'] ?? '').split(',').includes(hook)),
    adopted: Object.fromEntries(
      Object.entries(meta).flatMap(([key, filter]) =>
        key.startsWith(FILTER_KEY) ? [[key.slice(FILTER_KEY.length), filter]] : [],
      ),
    ),
  };
}

/** The group that a record is a member's of, without reading the whole record; undefined for a service on its own. */
export function groupIn(meta: Meta): string | undefined {
  return meta[GROUP_KEY] || undefined;
}

/** Whether a record is that of home in a rollout in waves, without reading the whole record. */
export function isHome(meta: Meta): boolean {
  return meta[WAVE_KEY] === HOME;
}

/** Whether a text fits into one value of the Meta of an entry. */
export function fitsMeta(text: string): boolean {
  return cut(text) === text;
}

const GROUP_KEY = 'splitter-group';
const WAVE_KEY = 'splitter-wave';
const DRILL_KEY = 'splitter-drill';
const BEFORE_KEY = 'splitter-before';
const STOOD_KEY = 'splitter-stood';
const FILTER_KEY = 'splitter-filter-';
const HOOKS: readonly HookName[] = ['before_start', 'before_promote', 'after_promote', 'after_revert'];

const PAUSE_REASONS: readonly PauseReason[] = [
  'TargetReached',
  'PauseStep',
  'Operator',
  'Drift',
  'NoData',
  'SignalError',
  'StepTimeout',
  'ProgramFailed',
  'DriverLost',
];
const REVERT_REASONS: readonly RevertReason[] = [
  'Aborted',
  'SignalFailed',
  'NoInstances',
  'DeadlineExceeded',
  'StepTimeout',
  'NoData',
  'SignalError',
  'RunFailed',
  'DriverLost',
  'Undone',
  'GroupReverted',
  'WaveReverted',
];

/** A state without its step, as one value: `Baking/Watching`. */
export function encodeStanding({ phase, reason }: Standing): string {
  return `${phase}/${reason}`;
}

/** A state from its parts as they are stored; `stood` is what encodeStanding wrote. Undefined when they are no state. */
export function readState(
  phase: string | undefined,
  reason: string | undefined,
  step: number,
  stood: string | undefined,
): State | undefined {
  if (phase !== 'Paused' || reason !== 'StableGone') return readStanding(phase, reason, step);
  const [was, why] = (stood ?? '').split('/');
  const standing = readStanding(was, why, step);
  return standing === undefined ? undefined : { phase, reason, step, stood: standing };
}

function readStanding(phase: string | undefined, reason: string | undefined, step: number): Standing | undefined {
  if (!Number.isInteger(step) || step < 0) return undefined;
  const one = <T extends string>(among: readonly T[]): T | undefined => among.find((r) => r === reason);
  const as = <P extends string, R extends string>(p: P, r: R | undefined) =>
    r === undefined ? undefined : { phase: p, reason: r, step };
  switch (phase) {
    case 'Pending':
      return as(phase, one(['Starting']));
    case 'Progressing':
      return as(phase, one(['Stepping', 'Resumed']));
    case 'Paused':
      return as(phase, one(PAUSE_REASONS));
    case 'Baking':
      return as(phase, one(['Watching', 'Resumed']));
    case 'Promoting':
    case 'Promoted':
      return as(phase, one(['BakePassed', 'PromotedInFull']));
    case 'Reverting':
      return as(phase, one([...REVERT_REASONS, 'NewRollout']));
    case 'Reverted':
      return as(phase, one(REVERT_REASONS));
    case 'Superseded':
      return as(phase, one(['NewRollout']));
    default:
      return undefined;
  }
}

/** A time as the record holds it: RFC 3339 in UTC, with milliseconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

function byteLength(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

function cut(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > META_VALUE_BYTES) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

function chunk(text: string): readonly string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ''; rest = rest.slice(parts.at(-1)!.length)) parts.push(cut(rest));
  return parts;
}
