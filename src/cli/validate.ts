import { describeVariables } from '../view/variables.js';
import { checkChannels } from './check-channels.js';
import { EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';
import { loadGivenPlans, type VariableFlags } from './variables.js';

/** `splitter validate PATH…`: reads plans from files, directories and stdin; touches no Consul. Exit 6 when one is not valid. */
export async function validate(
  paths: readonly string[],
  flags: VariableFlags & { readonly output?: string },
  io: Io,
): Promise<ExitCode> {
  const { plans, diagnostics: found } = await loadGivenPlans(paths, flags, io, false);
  const diagnostics = [...found, ...(await checkChannels(plans, io.env))];
  const invalid = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  if (flags.output === 'json') {
    printJson(io, {
      valid: !invalid,
      plans: plans.map(({ plan, file, digest }) => ({ service: plan.service, file, digest, variables: plan.variables ?? {} })),
      diagnostics,
    });
    return invalid ? EXIT.planInvalid : EXIT.done;
  }
  await reportDiagnostics(io, diagnostics);
  if (invalid) return EXIT.planInvalid;
  for (const { plan, file, digest } of plans) {
    io.out(
      `${file}: ${plan.service} is valid (${plan.steps.length} steps, ${plan.signals.length} signals, digest ${digest.slice(0, 7)})\n`,
    );
    if (plan.variables !== undefined) io.out(`  with ${describeVariables(plan.variables)}\n`);
  }
  return EXIT.done;
}
