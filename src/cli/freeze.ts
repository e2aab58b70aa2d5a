import { parseDuration } from '../core/duration.js';
import { parseMoment } from '../core/moment.js';
import { formatTime } from '../core/record.js';
import { type Freeze, isFrozen } from '../core/schedule/freeze.js';
import { harmless } from '../view/style.js';
import { createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';

/** Flags of `splitter freeze`. */
export interface FreezeFlags extends GlobalFlags {
  readonly reason?: string;
  readonly until?: string;
}

/** `splitter freeze [on|off]`: stops every advance of every rollout, or lets them go on; without a word it shows which. Reverts are never stopped. */
export async function freeze(word: string | undefined, flags: FreezeFlags, io: CommandIo): Promise<ExitCode> {
  if (word !== undefined && word !== 'on' && word !== 'off')
    throw new CommandError(`freeze ${word} is not known`, 'splitter freeze on --reason "…"   or   splitter freeze off');
  if (word !== 'on' && (flags.reason !== undefined || flags.until !== undefined))
    throw new CommandError('--reason and --until belong to freeze on', 'splitter freeze on --reason "…"');
  const { freeze: key, clock, by, json } = createContext(flags, io);
  const now = clock.now();
  const was = (await key.readFreeze()).freeze;
  const until = untilFlag(flags.until, now);
  const reason = flags.reason?.trim() ?? '';
  if (word === 'on' && reason === '')
    io.err('No reason given: those whom it holds will ask you.\n  -> splitter freeze on --reason "…"   adds one\n');
  const is =
    word === undefined
      ? was
      : await key.change((old) => {
          const held = isFrozen(old, now);
          if (word === 'off') return held ? { ...old, ended: now } : undefined;
          return { by, reason, since: held ? old.since : now, ...(until === undefined ? {} : { until }) };
        });
  const changed = word !== undefined && JSON.stringify(is) !== JSON.stringify(was);
  if (json) printJson(io, { ...describeJson(is, now), changed });
  else io.out(`${describe(is, now, word === 'off' && !changed)}\n`);
  return EXIT.done;
}

function untilFlag(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ahead = parseDuration(text);
  const until = ahead === undefined ? parseMoment(text, now) : now + ahead;
  if (until !== undefined && until > now) return until;
  throw new CommandError(
    `--until ${text} is ${until === undefined ? 'no time' : 'over already'}`,
    'write it like --until 4h or --until 2026-12-01T09:00:00Z',
  );
}

function describe(freeze: Freeze | undefined, now: number, already: boolean): string {
  if (!isFrozen(freeze, now)) return already ? 'Nothing to do: not frozen.' : 'Not frozen: rollouts advance by their plans.';
  const until = freeze.until === undefined ? 'until splitter freeze off' : `until ${formatTime(freeze.until)}`;
  return harmless(
    `Frozen by ${freeze.by} since ${formatTime(freeze.since)} ${until}${freeze.reason === '' ? '' : `: ${freeze.reason}`}. Nothing advances; reverts go on.`,
  );
}

function describeJson(freeze: Freeze | undefined, now: number): object {
  if (!isFrozen(freeze, now)) return { frozen: false };
  const { by, reason, since, until } = freeze;
  return { frozen: true, by, reason, since: formatTime(since), until: until === undefined ? null : formatTime(until) };
}
