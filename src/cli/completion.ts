import type { Command } from 'commander';
import { bashCompletion, fishCompletion, zshCompletion } from '../view/completion.js';
import { commandModels } from './command-models.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { Io } from './io.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `splitter completion SHELL`: a script that completes commands, flags and the names of live services. */
export async function completion(shell: string, program: Command, io: Io): Promise<ExitCode> {
  if (!Object.hasOwn(SCRIPTS, shell))
    throw new CommandError(`there is no completion for ${shell}`, 'splitter completion bash, zsh or fish');
  io.out(SCRIPTS[shell as keyof typeof SCRIPTS](commandModels(program)));
  return EXIT.done;
}
