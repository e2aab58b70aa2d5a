import { EXIT_MEANINGS } from '../../src/cli/exit.js';
import type { CommandModel, FlagModel } from '../../src/view/command-model.js';
import { connectionFlags, meaning, ownFlags, spell } from './models.js';

const MADE = '<!-- Made by npm run docs from the program itself; change the program instead. -->';

/** The pages of docs/commands by file name: one a command, and one that lists them. */
export function commandPages(commands: readonly CommandModel[]): ReadonlyMap<string, string> {
  const common = connectionFlags(commands);
  return new Map([
    ['README.md', indexPage(commands, common)],
    ...commands.map((command) => [`${command.name}.md`, commandPage(command, common)] as const),
  ]);
}

function indexPage(commands: readonly CommandModel[], common: readonly FlagModel[]): string {
  return [
    MADE,
    '',
    '# Commands',
    '',
    '| command | what it does |',
    '| --- | --- |',
    ...commands.map(({ name, summary }) => `| [\`splitter ${name}\`](${name}.md) | ${cell(summary)} |`),
    '',
    '## Flags of the connection',
    '',
    'Every command that talks to Consul takes these. A flag beats the environment; one dash does as well as two, as in Consul.',
    '',
    ...flagTable(common),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...EXIT_MEANINGS.map(([code, text]) => `| ${code} | ${cell(text)} |`),
    '',
  ].join('\n');
}

function commandPage(command: CommandModel, common: readonly FlagModel[]): string {
  const { name, usage, summary, examples } = command;
  const { own, connected } = ownFlags(command, common);
  return [
    MADE,
    '',
    `# splitter ${name}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    '```',
    `splitter ${name}${usage === '' ? '' : ` ${usage}`}${command.flags.length === 0 ? '' : ' [flags]'}`,
    '```',
    '',
    ...(examples.length === 0 ? [] : ['## Examples', '', '```sh', ...examples, '```', '']),
    ...(own.length === 0 ? [] : ['## Flags', '', ...flagTable(own), '']),
    ...(connected ? ['It takes the [flags of the connection](README.md#flags-of-the-connection) too.', ''] : []),
  ].join('\n');
}

function flagTable(flags: readonly FlagModel[]): readonly string[] {
  return ['| flag | meaning |', '| --- | --- |', ...flags.map((flag) => `| ${code(spell(flag))} | ${cell(meaning(flag))} |`)];
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/</g, '&lt;');
}

function code(text: string): string {
  return `\`${text.replace(/\|/g, '\\|')}\``;
}
