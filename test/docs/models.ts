import { commandModels } from '../../src/cli/command-models.js';
import type { CommandIo } from '../../src/cli/io.js';
import { buildProgram } from '../../src/cli/program.js';
import type { CommandModel, FlagModel } from '../../src/view/command-model.js';
import { PLAIN } from '../../src/view/style.js';

/** Every command of the program, as its help tells of it. */
export function allCommands(): readonly CommandModel[] {
  const io: CommandIo = {
    env: {},
    out: () => undefined,
    err: () => undefined,
    terminal: { live: false, columns: () => 80, unicode: false },
    style: PLAIN,
    readStdin: async () => '',
    onInterrupt: () => () => undefined,
    atEnd: () => undefined,
  };
  return commandModels(buildProgram(io, () => undefined));
}

/** The flags that every command takes which talks to Consul: `list` has no others. */
export function connectionFlags(commands: readonly CommandModel[]): readonly FlagModel[] {
  return commands.find(({ name }) => name === 'list')?.flags ?? [];
}

/** The flags of a command besides those of the connection, and whether it has these. */
export function ownFlags(
  command: CommandModel,
  common: readonly FlagModel[],
): { readonly own: readonly FlagModel[]; readonly connected: boolean } {
  const names = new Set(common.map(({ long }) => long));
  const connected = command.flags.some(({ long }) => long === '--http-addr');
  return { own: command.flags.filter(({ long }) => !connected || !names.has(long)), connected };
}

/** A flag as usage spells it: `-o, --output <form>`. */
export function spell({ long, short, takes }: FlagModel): string {
  return `${short === undefined ? '' : `${short}, `}${long}${takes === undefined ? '' : ` <${takes}>`}`;
}

/** What a flag means, with the words that it takes. */
export function meaning({ description, slot, required }: FlagModel): string {
  const words = slot.kind === 'words' ? ` (${slot.words.join(', ')})` : '';
  return `${description}${words}${required ? '; required' : ''}`;
}
