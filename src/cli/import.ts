import { readFile, stat, writeFile } from 'node:fs/promises';
import { portableEntry } from '../core/entries.js';
import { inferSubsets } from '../core/infer.js';
import { type Diagnostic, renderDiagnostic } from '../plan/diagnostic.js';
import { readEntryTrees } from '../plan/entry-trees.js';
import type { ReadEntry } from '../plan/import-draft.js';
import { importEntries } from '../plan/import-entries.js';
import type { Text } from '../plan/plan-text.js';
import { printHcl, printYaml } from '../plan/print-plan.js';
import { place } from '../plan/problem.js';
import { readPlan } from '../plan/read.js';
import { walkPlans } from '../plan/walk.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';
import { lookAt } from './look.js';

/** Flags of `splitter import`. */
export interface ImportFlags extends GlobalFlags {
  readonly format?: 'yaml' | 'hcl';
  readonly out?: string;
}

/** A text that holds entries, from a file or from Consul. */
interface Source {
  readonly file: string;
  readonly text: string;
}

type Known = Parameters<typeof importEntries>[1];

/** `splitter import FILE…|SERVICE`: a plan that fits config entries, from files or from Consul. What a plan cannot say is told, with its place. Writes nothing to Consul. */
export async function importPlan(names: readonly string[], flags: ImportFlags, io: CommandIo): Promise<ExitCode> {
  const { sources, known } = await findSources(names, createContext(flags, io));
  const { entries, diagnostics: unread } = await readSources(sources);
  const { plans, diagnostics: told } = importEntries(entries, known);
  const diagnostics = [...unread, ...told];
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  const json = flags.output === 'json';
  if (!json) for (const one of diagnostics) io.err(`${renderDiagnostic(one, texts.get(one.file))}\n`);
  const text = flags.format === 'hcl' ? plans.map(printHcl).join('\n') : plans.map(printYaml).join('---\n');
  const wrong = diagnostics.some(({ severity }) => severity === 'error') ? [] : await findFaults(text, flags.format ?? 'yaml');
  if (!json) for (const one of wrong) io.err(`${renderDiagnostic(one, text)}\n`);
  const failed = [...diagnostics, ...wrong].some(({ severity }) => severity === 'error');
  if (json) printJson(io, { plans: failed ? [] : plans, diagnostics: [...diagnostics, ...wrong] });
  if (failed || plans.length === 0) {
    if (!failed && !json) io.err('Error: there is no config entry of a service in there\n  -> splitter import SERVICE\n');
    return EXIT.planInvalid;
  }
  if (flags.out !== undefined) await save(flags.out, text, plans, io);
  else if (!json) io.out(text);
  return EXIT.done;
}

async function findSources(names: readonly string[], context: Context): Promise<{ sources: readonly Source[]; known?: Known }> {
  const kinds = await Promise.all(names.map((name) => kindOf(name)));
  const [first] = names;
  if (names.length === 1 && first !== undefined && kinds[0] === undefined && !/[/\\]|\.(hcl|json|ya?ml)$/i.test(first))
    return readConsul(context, first);
  const sources: Source[] = [];
  for (const [i, name] of names.entries()) {
    if (name === '-') sources.push({ file: '-', text: await context.io.readStdin() });
    else if (kinds[i] === undefined)
      throw new CommandError(
        `${name}: there is no such file`,
        'splitter import resolver.hcl splitter.hcl   or   splitter import SERVICE',
      );
    else
      for (const file of kinds[i] === 'directory' ? (await walkPlans(name)).files : [name]) sources.push(await readSource(file));
  }
  return { sources };
}

async function kindOf(name: string): Promise<'file' | 'directory' | undefined> {
  if (name === '-') return 'file';
  return stat(name).then(
    (found) => (found.isDirectory() ? 'directory' : 'file'),
    () => undefined,
  );
}

async function readSource(file: string): Promise<Source> {
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'name another file');
  }
}

/** The entries in Consul, each as the text that `consul config read` shows; where no resolver names two subsets, they are told from the versions that run. */
async function readConsul(context: Context, service: string): Promise<{ sources: readonly Source[]; known: Known }> {
  const { seen } = await lookAt(context, service, 'entries');
  const stored = [seen.defaults, seen.resolver, seen.splitter, seen.router].filter((one) => one !== undefined);
  if (stored.length === 0)
    throw new CommandError(
      `Consul has no config entry for ${service}, and there is no such file`,
      `splitter subsets ${service}   shows what runs;   splitter ramp ${service} --to 10   needs no plan`,
    );
  const sources = stored.map(({ entry }) => ({
    file: `${String(entry.Kind)}/${service}`,
    text: JSON.stringify(portableEntry(entry), null, 4),
  }));
  const inferred = inferSubsets(service, seen, await context.mesh.readVersions(service));
  return { sources, known: () => ('refused' in inferred ? undefined : inferred.subsets) };
}

async function readSources(
  sources: readonly Source[],
): Promise<{ readonly entries: readonly ReadEntry[]; readonly diagnostics: readonly Diagnostic[] }> {
  const entries: ReadEntry[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { file, text } of sources) {
    const { roots, problems } = await readEntryTrees(text, file);
    diagnostics.push(...problems.map((problem) => place(problem, file)));
    if (problems.some(({ severity }) => severity === 'error')) continue;
    entries.push(...roots.flatMap((node) => (node.kind === 'list' ? node.items : [node])).map((node) => ({ node, file })));
  }
  return { entries, diagnostics };
}

/** What is wrong with the plan itself: Consul may hold what no plan may say, like a filter that only some agents take. */
async function findFaults(text: string, format: 'yaml' | 'hcl'): Promise<readonly Diagnostic[]> {
  if (text === '') return [];
  return (await readPlan(text, 'the plan', format)).diagnostics;
}

async function save(file: string, text: string, plans: readonly Text[], io: CommandIo): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new CommandError(`${file} is there already, and is not written over`, 'name another file: --out');
    throw new CommandError(`${file} cannot be written (${code})`, 'name another file: --out');
  }
  io.err(`${plans.map(({ service }) => String(service)).join(', ')}: written to ${file}\n  -> splitter plan ${file}\n`);
}
