import type { Plan, Program } from '../core/plan.js';
import { roleVariables } from '../core/program-variables.js';
import { describeProgram } from '../core/programs.js';
import type { Roles } from '../core/roles.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';

/** Breaks canary on purpose, and mends it. Both reject with what went wrong. */
export interface Breaker {
  /** As a person reads it: what breaks, and what of it is real. */
  readonly how: string;
  readonly real: string;
  breakIt(): Promise<void>;
  mend(): Promise<void>;
}

const ERRORS = 0.3;
/** A broken canary must not stay broken because the script that mends it hangs. */
const TIMEOUT = 60_000;

/** The sandbox's own fault switch. */
export function sandboxBreaker(sandbox: Sandbox, version: string): Breaker {
  return {
    how: `the sandbox's fault switch makes ${ERRORS * 100}% of the answers of version ${version} errors`,
    real: 'Consul, mesh and traffic were the sandbox in this process; plans, decisions, writes and sidecar counters were read and made as on a mesh. 30% of the answers of the canary failed, and the signal of the plan had to take it back.',
    breakIt: async () => void sandbox.setBehaviour(version, { errorRate: ERRORS }),
    mend: async () => void sandbox.setBehaviour(version, { errorRate: 0 }),
  };
}

/** Two programs of the person's own, started without a shell with the SPLITTER_* variables of a check. */
export function commandBreaker(
  context: Context,
  plan: Plan,
  roles: Roles,
  words: { readonly breaks: readonly string[]; readonly mends: readonly string[] | undefined },
): Breaker {
  const variables = { ...roleVariables(plan, roles), SPLITTER_DRILL: 'yes', SPLITTER_BY: context.by };
  const run = async (command: readonly string[], what: string): Promise<void> => {
    const program: Program = { kind: 'command', command, timeout: TIMEOUT };
    context.io.err(`${what}: ${describeProgram(program)}\n`);
    const call = {
      id: `drill:${what}`,
      point: 'check',
      step: 0,
      program,
      variables: { ...variables, SPLITTER_POINT: what },
    } as const;
    const { ok, message, output } = await context.programs.run(call, new AbortController().signal);
    if (!ok)
      throw new CommandError(`${what}: ${describeProgram(program)}: ${message}${output === '' ? '' : `: ${output.trim()}`}`, '');
  };
  const { breaks, mends } = words;
  return {
    how: `${describeProgram({ kind: 'command', command: breaks, timeout: TIMEOUT })}`,
    real: `Everything: the mesh, its traffic, and the harm that --break did to the canary (${breaks.join(' ')}). The plan's own signals had to take it back.`,
    breakIt: () => run(breaks, 'break'),
    mend: () => (mends === undefined ? Promise.resolve() : run(mends, 'mend')),
  };
}

/** The words of a command line as a shell would part them: at spaces, but for what stands in quotes. Nothing is expanded. */
export function splitWords(flag: string, text: string): readonly string[] {
  const words = [...text.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  const quotes = text.replace(/'[^']*'|"[^"]*"/g, '');
  if (words.length > 0 && !/['"]/.test(quotes)) return words;
  throw new CommandError(`${flag} "${text}" is no command`, `${flag} "./fault.sh on"`);
}
