import { writeFile } from 'node:fs/promises';
import { textOfPlan } from '../plan/plan-text.js';
import { printHcl, printYaml, withoutReferences } from '../plan/print-plan.js';
import { readPlan } from '../plan/read.js';
import type { SourcedPlan } from '../ports.js';
import type { Context } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { ExportFlags } from './export.js';
import { printJson } from './io.js';
import { lookAt } from './look.js';

/** `splitter export --plan SERVICE`: the applied plan (or the one that the rollout follows) as a file would hold it. Read again it has the same digest; where that cannot be, it is said. */
export async function exportPlan(context: Context, service: string, flags: ExportFlags): Promise<ExitCode> {
  const { io, json } = context;
  if (flags.format === 'json')
    throw new CommandError('a plan is written as YAML or HCL', 'write --format yaml, or -o json for a script');
  const format = flags.format ?? 'yaml';
  const { plan, digest, source } = await findWritten(context, service, flags.followed === true);
  const text = textOfPlan(plan);
  const written = format === 'hcl' ? printHcl(text) : printYaml(text);
  const { plans, diagnostics } = await readPlan(written, 'plan', format);
  const same = plans[0]?.digest === digest;
  if (!same) {
    const [wrong] = diagnostics.filter(({ severity }) => severity === 'error');
    io.err(
      `Warning: this plan cannot be written so that it reads back the same${wrong === undefined ? '' : `: ${wrong.message}`}\n  -> it was made by ${source}; look through it before you apply it\n`,
    );
  }
  if (flags.out !== undefined) {
    await writeFile(flags.out, written).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${flags.out} cannot be written (${error.code})`, 'name another file: --out');
    });
    io.err(`plan ${digest.slice(0, 7)} of ${service} written to ${flags.out}\n  -> splitter plan ${flags.out}\n`);
  } else if (json) printJson(io, { service, digest, source, readsBack: same, plan: withoutReferences(text) });
  else io.out(written);
  return EXIT.done;
}

async function findWritten(context: Context, service: string, followed: boolean): Promise<SourcedPlan> {
  const [look, applied] = await Promise.all([lookAt(context, service, 'entries'), context.store.readPlan(service)]);
  const digest = (look.rollout ?? look.remembered)?.plan;
  const last = look.plan === undefined || digest === undefined ? undefined : { ...look.plan, digest };
  const found = followed ? last : (applied ?? last);
  if (found === undefined)
    throw new CommandError(
      followed
        ? `no rollout of ${service} follows a plan that is kept`
        : `no plan of ${service} is applied, and no rollout follows one`,
      `splitter import ${service}   makes one of its config entries`,
    );
  if (!followed && applied !== undefined && last !== undefined && last.digest !== applied.digest)
    context.io.err(
      `The last rollout follows another plan (${last.digest.slice(0, 7)}, ${last.source})\n  -> splitter export --plan --followed ${service}\n`,
    );
  return found;
}
