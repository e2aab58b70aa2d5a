import type { OwnCheck } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import { roleVariables } from '../core/program-variables.js';
import { describeFailure, describeProgram, type ProgramOutcome } from '../core/programs.js';
import type { Roles } from '../core/roles.js';
import { suggest } from '../core/suggest.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';
import type { SourcedPlan } from './plan-source.js';

/** Flags that leave out checks of the plan: all of them, or those that are named. */
export interface SkipFlags {
  readonly force?: boolean;
  readonly skipCheck?: readonly string[];
}

/** Runs the plan's own checks, one after the other; ends with exit 1 when one fails. Those that flags skip are not run, and are told for the record. */
export async function requireOwnChecks(
  context: Context,
  { plan }: SourcedPlan,
  roles: Pick<Roles, 'stable' | 'canary'>,
  flags: SkipFlags,
): Promise<string | undefined> {
  const checks = plan.checks ?? [];
  const skipped = skippedBy(flags, plan.service, checks);
  const flag = flags.force === true ? '--force' : '--skip-check';
  const note = skipped.length === 0 ? undefined : `checks skipped by ${flag}: ${skipped.map(({ name }) => name).join(', ')}`;
  if (note !== undefined) context.io.err(`Warning: ${note}\n`);
  for (const check of checks.filter((one) => !skipped.includes(one))) {
    context.io.err(`checking ${check.name}: ${describeProgram(check.program)}\n`);
    const outcome = await runCheck(context, { plan }, roles, check);
    if (outcome.ok) continue;
    throw new CommandError(
      `check ${check.name} of the plan failed: ${describeFailure(outcome)} [${check.name}]. Nothing was written`,
      `mend what it found and type this again, or skip it with --skip-check ${check.name}, or all with --force (that is recorded)`,
    );
  }
  return note;
}

function skippedBy(
  { force = false, skipCheck = [] }: SkipFlags,
  service: string,
  checks: readonly OwnCheck[],
): readonly OwnCheck[] {
  const names = checks.map(({ name }) => name);
  const unknown = skipCheck.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = suggest(unknown, names);
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new CommandError(
      `the plan of ${service} has no check "${unknown}". Nothing was written`,
      near === undefined ? known : `did you mean --skip-check ${near}?`,
    );
  }
  return force ? checks : checks.filter(({ name }) => skipCheck.includes(name));
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
            hint: `mend what it found; --skip-check ${check.name} on start and ramp skips it`,
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
