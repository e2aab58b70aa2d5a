import { describeProgram, type ProgramCall, type ProgramOutcome } from '../core/programs.js';
import type { Clock, Programs } from '../ports.js';
import { runCommand } from './command.js';
import { environmentOf } from './environment.js';
import { callHttp } from './http-call.js';

/** Runs programs on this machine, with these environment variables (but for splitter's access to Consul) besides SPLITTER_*. */
export function createPrograms(env: Readonly<Record<string, string | undefined>>, clock: Clock): Programs {
  return {
    async run(call: ProgramCall, abort: AbortSignal): Promise<ProgramOutcome> {
      const began = clock.now();
      const { program, variables } = call;
      const { ok, message, output } =
        program.kind === 'command'
          ? await runCommand(program, environmentOf(env, variables), abort)
          : await callHttp(program, variables, abort);
      const at = clock.now();
      const { id, point, step } = call;
      return { id, point, step, program: describeProgram(program), ok, message, output, at, ms: at - began };
    },
  };
}
