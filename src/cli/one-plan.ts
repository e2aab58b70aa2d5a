import type { Plan } from '../core/plan.js';
import { CommandError, EXIT } from './exit.js';
import { type Io, printJson } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';
import { loadGivenPlans, type VariableFlags } from './variables.js';

/** The only plan of a file, or those of the members of its group, for commands that need no Consul; undefined when the file is not valid, which is printed then. More plans or none is an error, exit 6. */
export async function readMembers(
  file: string,
  command: string,
  flags: VariableFlags & { readonly output?: string },
  io: Io,
): Promise<readonly Plan[] | undefined> {
  const json = flags.output === 'json';
  const { plans, diagnostics } = await loadGivenPlans([file], flags, io);
  const invalid = diagnostics.some(({ severity }) => severity === 'error');
  if (invalid && json) printJson(io, { valid: false, diagnostics });
  else if (invalid || !json) await reportDiagnostics(io, diagnostics);
  if (invalid) return undefined;
  const group = plans[0]?.plan.group;
  const isGroup = group !== undefined && plans.every(({ plan }) => plan.group?.name === group.name);
  if (plans.length === 0 || (plans.length > 1 && !isGroup))
    throw tooMany(
      file,
      command,
      plans.map(({ plan }) => plan),
    );
  return plans.map(({ plan }) => plan);
}

/** The only plan of a file. As `readMembers`, but the several plans of a group are an error too. */
export async function readOnePlan(
  file: string,
  command: string,
  flags: VariableFlags & { readonly output?: string },
  io: Io,
): Promise<Plan | undefined> {
  const plans = await readMembers(file, command, flags, io);
  if (plans !== undefined && plans.length > 1) throw tooMany(file, command, plans);
  return plans?.[0];
}

function tooMany(file: string, command: string, plans: readonly Plan[]): CommandError {
  const names = plans.map(({ service }) => service).join(', ');
  return new CommandError(
    `${file} has ${plans.length} plans${names && ` (${names})`}; one is taken at a time`,
    `splitter ${command} FILE, with one plan in it`,
    EXIT.planInvalid,
  );
}
