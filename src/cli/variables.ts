import { readFile } from 'node:fs/promises';
import { suggest } from '../core/suggest.js';
import { type GivenValue, type GivenValues, gatherValues } from '../plan/given-values.js';
import type { PlansRead } from '../plan/read.js';
import { VARIABLE_NAME } from '../plan/template.js';
import { CommandError, EXIT } from './exit.js';
import type { Io } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';

/** Flags of every command that reads plans from files. */
export interface VariableFlags {
  readonly var?: readonly string[];
  readonly varFile?: readonly string[];
}

/** Reads plans with the values that flags, environment and files give their variables. A value for a variable that none of them has is an error, exit 1. */
export async function loadGivenPlans(
  paths: readonly string[],
  flags: VariableFlags,
  io: Io,
  together = true,
): Promise<PlansRead> {
  const named = parseFlags(flags.var ?? []);
  const files: ReadonlyMap<string, GivenValue>[] = [];
  for (const file of flags.varFile ?? []) files.push(await readFileOfValues(file, io));
  const { loadPlans } = await import('../plan/load.js');
  const read = await loadPlans(paths, () => io.readStdin(), { together, given: gatherValues(named, io.env, files) });
  for (const name of named.keys()) requireVariable(name, read.variables);
  return read;
}

/** The values that the environment gives: all that a controller has. */
export function valuesOfEnvironment(env: Io['env']): GivenValues {
  return gatherValues(new Map(), env);
}

/** Ends with exit 1 where values are given that nothing takes, since no plan is read from a file. */
export function refuseVariables(flags: VariableFlags, why: string, hint: string): void {
  const [first] = [...(flags.var ?? []).map((one) => `--var ${one}`), ...(flags.varFile ?? []).map((one) => `--var-file ${one}`)];
  if (first !== undefined) throw new CommandError(`${first} gives a value to nothing: ${why}`, hint);
}

function parseFlags(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CommandError(`--var ${text} gives no value`, 'write --var name=value');
      const name = text.slice(0, at);
      if (!VARIABLE_NAME.test(name))
        throw new CommandError(`--var ${text}: "${name}" is no name of a variable`, 'write --var name=value');
      return [name, text.slice(at + 1)];
    }),
  );
}

async function readFileOfValues(file: string, io: Io): Promise<ReadonlyMap<string, GivenValue>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`--var-file ${file} cannot be read (${error.code})`, 'name a file of lines like window: 5m');
  });
  const { readValues } = await import('../plan/read-values.js');
  const { values, diagnostics } = readValues(text, file);
  if (await reportDiagnostics(io, diagnostics))
    throw new CommandError(
      `${file} is no file of values; nothing was written`,
      'write name: value, one a line',
      EXIT.planInvalid,
    );
  return values;
}

function requireVariable(name: string, declared: readonly string[] | undefined): void {
  if (declared === undefined || declared.includes(name)) return;
  const near = suggest(name, declared);
  const all = [...new Set(declared)];
  const known = all.length === 0 ? 'the plan has no variables' : `it has ${all.join(', ')}`;
  throw new CommandError(
    `the plan has no variable "${name}". Nothing was written`,
    near === undefined ? known : `did you mean --var ${near}=…?`,
  );
}
