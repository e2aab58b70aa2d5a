import { formatDuration } from '../core/duration.js';
import { metaOf } from '../core/entries.js';
import { appendEntry, type History, keepsEvidence, logEntry } from '../core/history.js';
import { formatLegs } from '../core/legs.js';
import type { ProgramOutcome } from '../core/programs.js';
import { formatTime, readRecord } from '../core/record.js';
import type { Rollout } from '../core/rollout.js';
import { historyJson } from '../view/history.js';
import { harmless } from '../view/style.js';
import { describeVariables } from '../view/variables.js';
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
  const which = flags.rollout !== undefined ? { rollout: flags.rollout } : flags.all === true ? 'all' : 'last';
  const whole = await readLogs(context, service, which);
  if (whole.length === 0) {
    const none = flags.rollout === undefined || (await context.store.listRollouts(service)).length === 0;
    throw new CommandError(
      flags.rollout === undefined ? `${service} has no history` : `${service} has no rollout ${flags.rollout}`,
      none ? `splitter ramp ${service} --to 10` : `splitter history ${service} --all`,
    );
  }
  if (context.json) {
    printJson(io, { service, rollouts: whole.map(historyJson) });
    return EXIT.done;
  }
  for (const log of whole) io.out(renderHistory(log));
  return EXIT.done;
}

/** The decision logs of a service, oldest first: all that are kept, the last, or the one named; none when there is none. */
export async function readLogs(
  context: Context,
  service: string,
  which: 'all' | 'last' | { readonly rollout: string },
): Promise<readonly History[]> {
  const rollouts = await context.store.listRollouts(service);
  const wanted =
    which === 'all' ? rollouts : which === 'last' ? rollouts.slice(-1) : rollouts.filter((id) => id === which.rollout);
  const [stored, ...logs] = await Promise.all([
    storedRecord(context, service),
    ...wanted.map((id) => context.store.readHistory(service, id)),
  ]);
  return logs.map((log) => withStored(log, stored, context.clock.now()));
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

function renderHistory(log: History): string {
  const sources = Object.entries(log.plans).map(([digest, { source }]) => `${digest.slice(0, 7)} (${source})`);
  const variables = Object.entries(log.plans).flatMap(([digest, { plan }]) =>
    plan.variables === undefined ? [] : [`  plan ${digest.slice(0, 7)} with ${describeVariables(plan.variables)}`],
  );
  const told = log.entries.filter((entry, i) => !keepsEvidence(entry, log.entries[i - 1]));
  const lines = told.flatMap((entry) => {
    const index = entry.indexAfter === 0 ? 'index unknown' : `#${entry.indexBefore} -> #${entry.indexAfter}`;
    const head = `${formatTime(entry.at)}  ${entry.phase} (${entry.reason})  ${formatLegs(entry.asked)}  ${harmless(entry.message)}  [by ${harmless(entry.by)}, ${index}]`;
    return [
      head,
      ...(entry.off === undefined ? [] : [`    ${harmless(entry.off)}`]),
      ...(entry.programs ?? []).flatMap(programLines),
      ...entry.findings.map(
        (finding) =>
          `    ${finding.name} ${finding.verdict}${finding.dryRun === true ? ' (dry run)' : ''}: ${harmless(finding.message)}${finding.query === undefined ? '' : `   query: ${harmless(finding.query)}`}`,
      ),
    ];
  });
  return [
    `rollout ${log.rollout} of ${log.service}${log.entries[0]?.drill === true ? ' (a drill)' : ''}, plan ${sources.join(', ') || 'unknown'}`,
    ...variables,
    ...lines,
    '',
  ].join('\n');
}

function programLines({ point, program, ok, message, output, ms }: ProgramOutcome): readonly string[] {
  const head = `    ${point} ${ok ? 'passed' : 'FAILED'}: ${harmless(program)}: ${message} after ${formatDuration(ms)}`;
  const said = output.split('\n').filter((line) => line.trim() !== '');
  return [head, ...said.map((line) => `      | ${harmless(line)}`)];
}
