import type { ProgramCall, ProgramOutcome } from '../core/programs.js';
import { describeProgram } from '../core/programs.js';
import type { Clock, Programs } from '../ports.js';
import { runCommand } from './command.js';
import { callHttp } from './http-call.js';

/** How something of the user's own ended, before it is tied to its place in a rollout. */
export interface Ending {
  readonly ok: boolean;
  readonly message: string;
  readonly output: string;
}

/** How much of an output is kept: its end, where errors stand. Characters. */
export const KEPT_OUTPUT = 2_000;

/** Runs programs on this machine, with these environment variables besides SPLITTER_*. */
export function createPrograms(env: Readonly<Record<string, string | undefined>>, clock: Clock): Programs {
  return {
    async run(call: ProgramCall, abort: AbortSignal): Promise<ProgramOutcome> {
      const began = clock.now();
      const { program, variables } = call;
      const ending =
        program.kind === 'command'
          ? await runCommand(program, { ...env, ...variables }, abort)
          : await callHttp(program, variables, abort);
      const at = clock.now();
      const { id, point, step } = call;
      return { id, point, step, program: describeProgram(program), ...ending, at, ms: at - began };
    },
  };
}
