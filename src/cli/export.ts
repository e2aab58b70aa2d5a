import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENTRY_KINDS, type Entry, type EntryKind, portableEntry } from '../core/entries.js';
import { printEntry } from '../plan/print-entry.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { exportPlan } from './export-plan.js';
import { type CommandIo, printJson } from './io.js';

/** Flags of `splitter export`. */
export interface ExportFlags extends GlobalFlags {
  readonly all?: boolean;
  readonly plan?: boolean;
  readonly followed?: boolean;
  readonly format?: 'hcl' | 'json' | 'yaml';
  readonly kind?: EntryKind;
  readonly out?: string;
}

/** `splitter export SERVICE|--all`: config entries as `consul config write` takes them; with --plan the plan as text. Writes nothing to Consul. */
export async function exportEntries(service: string | undefined, flags: ExportFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  if ((service === undefined) !== (flags.all === true))
    throw new CommandError('name one service, or --all', 'splitter export payments   or   splitter export --all --out DIR');
  if (flags.plan === true) {
    if (service === undefined) throw new CommandError('--plan takes one service', 'splitter export --plan payments');
    return exportPlan(context, service, flags);
  }
  if (flags.format === 'yaml')
    throw new CommandError('Consul takes no YAML', 'write --format hcl or --format json, or export the plan: --plan');
  const found = service === undefined ? await readAll(context) : await readOf(context, service);
  const entries = found.filter(({ Kind }) => flags.kind === undefined || Kind === flags.kind).map(portableEntry);
  if (entries.length === 0)
    throw new CommandError(
      `Consul has no ${flags.kind ?? 'config entry'}${service === undefined ? ' of any service' : ` for ${service}`}`,
      service === undefined ? 'splitter ramp SERVICE --to 10' : `splitter subsets ${service}`,
    );
  const format = flags.format ?? 'hcl';
  if (flags.out !== undefined) await writeFiles(flags.out, entries, format, io);
  else if (context.json) printJson(io, { entries });
  else io.out(entries.map((entry) => print(entry, format)).join(format === 'hcl' ? '\n' : ''));
  return EXIT.done;
}

async function readOf({ mesh }: Context, service: string): Promise<readonly Entry[]> {
  const { defaults, resolver, splitter, router } = await mesh.readEntries(service);
  return [defaults, resolver, splitter, router].flatMap((stored) => (stored === undefined ? [] : [stored.entry]));
}

async function readAll({ mesh }: Context): Promise<readonly Entry[]> {
  const lists = await Promise.all(ENTRY_KINDS.map((kind) => mesh.listEntries(kind)));
  return lists.flatMap(({ entries }) => entries.map(({ entry }) => entry));
}

function print(entry: Entry, format: 'hcl' | 'json'): string {
  return format === 'json' ? `${JSON.stringify(entry)}\n` : printEntry(entry);
}

/** One file an entry, since `consul config write` takes one at a time; names are spelled so that none leads out of the directory. */
async function writeFiles(folder: string, entries: readonly Entry[], format: 'hcl' | 'json', io: CommandIo): Promise<void> {
  const name = (entry: Entry): string =>
    join(folder, `${String(entry.Kind)}-${encodeURIComponent(String(entry.Name))}.${format}`);
  try {
    await mkdir(folder, { recursive: true });
    for (const entry of entries)
      await writeFile(name(entry), format === 'json' ? `${JSON.stringify(entry, null, 2)}\n` : print(entry, format));
  } catch (error) {
    throw new CommandError(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`,
      'name another directory: --out',
    );
  }
  io.err(
    `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'} written to ${folder}\n  -> consul config write ${name(entries[0]!)}\n`,
  );
}
