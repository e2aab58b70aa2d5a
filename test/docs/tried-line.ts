import type { Command } from 'commander';
import { buildProgram, widenDash } from '../../src/cli/program.js';
import { PLAIN } from '../../src/view/style.js';

/** What the program's own parser has against a command line (without the name of the program); undefined when it takes it. Nothing is run. */
export async function complaintAbout(words: readonly string[]): Promise<string | undefined> {
  let said = '';
  const program = silentProgram((text) => {
    said += text;
  });
  for (const command of program.commands) command.action(() => undefined);
  try {
    await program.parseAsync(words.map(widenDash), { from: 'user' });
    return undefined;
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? undefined : said || String(error);
  }
}

/** What is unknown in a command that prose names in passing, with or without its arguments: the command, or one of its flags. */
export function unknownIn(words: readonly string[]): string | undefined {
  const program = silentProgram(() => undefined);
  const [name, ...rest] = words.map(widenDash);
  const command = name?.startsWith('-') ? program : program.commands.find((one) => one.name() === name);
  if (command === undefined) return `splitter has no command ${name}`;
  const flags = [name, ...rest].filter((word) => word !== undefined && /^--?[a-z]/.test(word)) as string[];
  const strange = flags.map((flag) => flag.replace(/=.*/, '')).find((flag) => !knows(command, program, flag));
  return strange === undefined ? undefined : `splitter ${command.name()} has no flag ${strange}`;
}

function knows(command: Command, program: Command, flag: string): boolean {
  return flag === '--help' || [...command.options, ...program.options].some(({ long, short }) => long === flag || short === flag);
}

function silentProgram(say: (text: string) => void): Command {
  const io = {
    env: {},
    out: say,
    err: say,
    terminal: { live: false, columns: () => 80, unicode: false },
    style: PLAIN,
    readStdin: async () => '',
    onInterrupt: () => () => undefined,
    atEnd: () => undefined,
  };
  return buildProgram(io, () => undefined);
}
