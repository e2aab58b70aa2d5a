import { readFile, stat } from 'node:fs/promises';
import type { Diagnostic } from './diagnostic.js';
import { type GivenValues, NO_VALUES } from './given-values.js';
import { errorAt, place } from './problem.js';
import { findTwins, type PlanDocument, type PlansRead, readPlan } from './read.js';
import { walkPlans } from './walk.js';

const START = { line: 1, column: 1, length: 1 };

/** How plans are read: with these values for their variables (default: none), and whether all are used `together` (default: yes). */
export interface LoadOptions {
  readonly together?: boolean;
  readonly given?: GivenValues;
}

/** Reads plans from files, from directories (with all below, but no dot files and no node_modules) and from stdin (`-`). What cannot be read is a diagnostic.
 *  Two files with a plan for the same service are an error where all are used `together`; otherwise, as when examples are only checked, a warning. */
export async function loadPlans(
  paths: readonly string[],
  stdin: () => Promise<string>,
  { together = true, given = NO_VALUES }: LoadOptions = {},
): Promise<PlansRead> {
  const plans: PlanDocument[] = [];
  const variables: string[] = [];
  let known = true;
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const { files, troubles } = path === '-' ? { files: ['-'], troubles: [] } : await listFiles(path);
    diagnostics.push(...troubles);
    for (const file of files.filter((f) => !seen.has(f))) {
      seen.add(file);
      const read = await readOne(file, stdin, given);
      plans.push(...read.plans);
      variables.push(...(read.variables ?? []));
      known &&= read.variables !== undefined;
      diagnostics.push(...read.diagnostics);
    }
  }
  const told = new Set(diagnostics.map(placeOf));
  const twins = findTwins(plans).filter((twin) => !told.has(placeOf(twin)));
  return {
    plans,
    diagnostics: [...diagnostics, ...twins.map((twin) => (together ? twin : { ...twin, severity: 'warning' as const }))],
    variables: known && plans.length + variables.length > 0 ? variables : undefined,
  };
}

async function readOne(file: string, stdin: () => Promise<string>, given: GivenValues): Promise<PlansRead> {
  try {
    const text = file === '-' ? await stdin() : await readFile(file, 'utf8');
    return await readPlan(text, file, undefined, given);
  } catch (error) {
    if (file !== '-' && codeOf(error) === undefined) throw error;
    const message = `cannot be read (${codeOf(error) ?? 'stdin failed'})`;
    return { plans: [], diagnostics: [trouble(file, message)], variables: undefined };
  }
}

async function listFiles(path: string): Promise<{ files: readonly string[]; troubles: readonly Diagnostic[] }> {
  try {
    if (!(await stat(path)).isDirectory()) return { files: [path], troubles: [] };
    const { files, unreadable } = await walkPlans(path);
    const troubles = unreadable.map((folder) => trouble(folder.path, `cannot be read (${folder.code})`));
    if (files.length > 0 || troubles.length > 0) return { files, troubles };
    return { files, troubles: [trouble(path, 'there is no plan in this directory', 'plans end in .yaml, .yml, .hcl or .json')] };
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    const message = missing ? 'there is no such file or directory' : `cannot be read (${codeOf(error)})`;
    return { files: [], troubles: [trouble(path, message)] };
  }
}

function trouble(file: string, message: string, hint?: string): Diagnostic {
  return place(errorAt([], START, message, hint), file);
}

function placeOf({ file, line, column, message }: Diagnostic): string {
  return `${file}:${line}:${column} ${message}`;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
