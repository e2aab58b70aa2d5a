import type { OwnCheck } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import { roleVariables } from '../core/program-variables.js';
import { describeFailure, describeProgram, type ProgramOutcome } from '../core/programs.js';
import type { Roles } from '../core/roles.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';
import type { SourcedPlan } from './plan-source.js';

/** Runs the plan's own checks, one after the other; ends with exit 1 when one fails. With `force` none is run, and what was skipped is told for the record. */
export async function requireOwnChecks(
  context: Context,
  { plan }: SourcedPlan,
  roles: Pick<Roles, 'stable' | 'canary'>,
  force: boolean,
): Promise<string | undefined> {
  const checks = plan.checks ?? [];
  if (checks.length === 0) return undefined;
  const names = checks.map(({ name }) => name).join(', ');
  if (force) {
    context.io.err(`Warning: checks skipped by --force: ${names}\n`);
    return `checks skipped by --force: ${names}`;
  }
  for (const check of checks) {
    context.io.err(`checking ${check.name}: ${describeProgram(check.program)}\n`);
    const outcome = await runCheck(context, { plan }, roles, check);
    if (outcome.ok) continue;
    throw new CommandError(
      `check ${check.name} of the plan failed: ${describeFailure(outcome)} [${check.name}]. Nothing was written`,
      'mend what it found and type this again, or skip the checks with --force (that is recorded)',
    );
  }
  return undefined;
}

/** The plan's own checks as `doctor` shows them. */
export async function doctorOwnChecks(
  context: Context,
  sourced: Pick<SourcedPlan, 'plan'>,
  roles: Pick<Roles, 'stable' | 'canary'>,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const check of sourced.plan.checks ?? []) {
    const outcome = await runCheck(context, sourced, roles, check);
    checks.push(
      outcome.ok
        ? { name: check.name, verdict: 'ok', message: `${outcome.program}: ${outcome.message}` }
        : {
            name: check.name,
            verdict: 'failed',
            message: describeFailure(outcome),
            hint: 'mend what it found; --force on start and ramp skips it',
          },
    );
  }
  return checks;
}

function runCheck(
  { programs, by }: Context,
  { plan }: Pick<SourcedPlan, 'plan'>,
  roles: Pick<Roles, 'stable' | 'canary'>,
  { name, program }: OwnCheck,
): Promise<ProgramOutcome> {
  const variables = { ...roleVariables(plan, roles), SPLITTER_POINT: 'check', SPLITTER_CHECK: name, SPLITTER_BY: by };
  return programs.run({ id: `check:${name}`, point: 'check', step: 0, program, variables }, new AbortController().signal);
}
