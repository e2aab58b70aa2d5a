import { formatDuration } from '../core/duration.js';
import { metaOf } from '../core/entries.js';
import { appendEntry, type History, keepsEvidence, logEntry } from '../core/history.js';
import { formatLegs } from '../core/legs.js';
import type { ProgramOutcome } from '../core/programs.js';
import { formatTime, readRecord } from '../core/record.js';
import type { Rollout } from '../core/rollout.js';
import { harmless } from '../view/style.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';

/** `splitter history SERVICE [--rollout ID]`: the decision log of the last rollout (or the one named), with the evidence of each decision. */
export async function history(
  service: string,
  flags: GlobalFlags & { readonly rollout?: string; readonly all?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const rollouts = await context.store.listRollouts(service);
  const wanted =
    flags.rollout === undefined
      ? flags.all === true
        ? rollouts
        : rollouts.slice(-1)
      : rollouts.filter((id) => id === flags.rollout);
  if (wanted.length === 0)
    throw new CommandError(
      flags.rollout === undefined ? `${service} has no history` : `${service} has no rollout ${flags.rollout}`,
      rollouts.length === 0 ? `splitter ramp ${service} --to 10` : `splitter history ${service} --all`,
    );
  const [stored, ...logs] = await Promise.all([
    storedRecord(context, service),
    ...wanted.map((id) => context.store.readHistory(service, id)),
  ]);
  const whole = logs.map((log) => withStored(log, stored, context.clock.now()));
  if (context.json) {
    printJson(io, { service, rollouts: whole.map(jsonHistory) });
    return EXIT.done;
  }
  for (const log of whole) io.out(renderHistory(log));
  return EXIT.done;
}

async function storedRecord({ mesh }: Context, service: string): Promise<Rollout | undefined> {
  const { entry } = await mesh.readEntry('service-splitter', service);
  return entry === undefined ? undefined : readRecord(metaOf(entry.entry));
}

/** The log with the record that Consul holds, where its writer died before it could log it. */
function withStored(log: History, stored: Rollout | undefined, now: number): History {
  if (stored?.id !== log.rollout || log.entries.some(({ seq }) => seq >= stored.seq)) return log;
  return appendEntry(log, logEntry(stored, now, [], 0, 0));
}

function jsonHistory(log: History): unknown {
  return {
    rollout: log.rollout,
    plans: log.plans,
    entries: log.entries.map((entry) => ({
      ...entry,
      at: formatTime(entry.at),
      startedAt: formatTime(entry.startedAt),
      enteredAt: formatTime(entry.enteredAt),
      asked: Object.fromEntries(entry.asked.map((leg) => [leg.subset, leg.weight / 100])),
      findings: entry.findings.map((finding) => ({ ...finding, at: finding.at === 0 ? null : formatTime(finding.at) })),
      ...(entry.programs === undefined ? {} : { programs: entry.programs.map((one) => ({ ...one, at: formatTime(one.at) })) }),
    })),
  };
}

function renderHistory(log: History): string {
  const sources = Object.entries(log.plans).map(([digest, { source }]) => `${digest.slice(0, 7)} (${source})`);
  const told = log.entries.filter((entry, i) => !keepsEvidence(entry, log.entries[i - 1]));
  const lines = told.flatMap((entry) => {
    const index = entry.indexAfter === 0 ? 'index unknown' : `#${entry.indexBefore} -> #${entry.indexAfter}`;
    const head = `${formatTime(entry.at)}  ${entry.phase} (${entry.reason})  ${formatLegs(entry.asked)}  ${harmless(entry.message)}  [by ${harmless(entry.by)}, ${index}]`;
    return [
      head,
      ...(entry.programs ?? []).flatMap(programLines),
      ...entry.findings.map(
        (finding) =>
          `    ${finding.name} ${finding.verdict}${finding.dryRun === true ? ' (dry run)' : ''}: ${harmless(finding.message)}${finding.query === undefined ? '' : `   query: ${harmless(finding.query)}`}`,
      ),
    ];
  });
  return [`rollout ${log.rollout} of ${log.service}, plan ${sources.join(', ') || 'unknown'}`, ...lines, ''].join('\n');
}

function programLines({ point, program, ok, message, output, ms }: ProgramOutcome): readonly string[] {
  const head = `    ${point} ${ok ? 'passed' : 'FAILED'}: ${harmless(program)}: ${message} after ${formatDuration(ms)}`;
  const said = output.split('\n').filter((line) => line.trim() !== '');
  return [head, ...said.map((line) => `      | ${harmless(line)}`)];
}
