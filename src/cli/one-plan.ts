import type { Plan } from '../core/plan.js';
import { CommandError, EXIT } from './exit.js';
import { type Io, printJson } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';

/** The only plan of a file, for commands that need no Consul; undefined when the file is not valid, which is printed then. More plans or none is an error, exit 6. */
export async function readOnePlan(file: string, command: string, json: boolean, io: Io): Promise<Plan | undefined> {
  const { loadPlans } = await import('../plan/load.js');
  const { plans, diagnostics } = await loadPlans([file], () => io.readStdin());
  const invalid = diagnostics.some(({ severity }) => severity === 'error');
  if (invalid && json) printJson(io, { valid: false, diagnostics });
  else if (invalid || !json) await reportDiagnostics(io, diagnostics);
  if (invalid) return undefined;
  const names = plans.map(({ plan }) => plan.service).join(', ');
  const [first] = plans;
  if (first === undefined || plans.length > 1)
    throw new CommandError(
      `${file} has ${plans.length} plans${names && ` (${names})`}; one is taken at a time`,
      `splitter ${command} FILE, with one plan in it`,
      EXIT.planInvalid,
    );
  return first.plan;
}
