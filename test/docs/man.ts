import { EXIT_MEANINGS } from '../../src/cli/exit.js';
import type { CommandModel, FlagModel } from '../../src/view/command-model.js';
import { connectionFlags, meaning, ownFlags, spell } from './models.js';

/** The man page of splitter, in roff. */
export function manPage(commands: readonly CommandModel[]): string {
  const common = connectionFlags(commands);
  return [
    '.\\" Made by npm run docs from the program itself.',
    '.TH SPLITTER 1 "" "splitter" "User Commands"',
    '.SH NAME',
    roff('splitter - progressive delivery on HashiCorp Consul'),
    '.SH SYNOPSIS',
    '.B splitter',
    '.I command',
    '[arguments] [flags]',
    '.SH DESCRIPTION',
    roff(
      'Moves traffic between two versions of a service on a Consul mesh, a step at a time, and takes it back by itself when the new version hurts users. It writes service-resolver subsets and service-splitter weights, follows a plan in YAML or HCL, and needs no Kubernetes and no database.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandLines(command, common)),
    '.SH FLAGS OF THE CONNECTION',
    roff(
      'Every command that talks to Consul takes these; a flag beats the environment. One dash does as well as two, as in Consul.',
    ),
    ...common.flatMap(flagLines),
    '.SH EXIT STATUS',
    ...EXIT_MEANINGS.flatMap(([code, text]) => ['.TP', `.B ${code}`, roff(text)]),
    '.SH ENVIRONMENT',
    roff(
      'CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN and its kin as for Consul itself; SPLITTER_KV_PREFIX for the keys of splitter in KV; SPLITTER_BY for the name that records show; SPLITTER_VAR_name for the value of a variable of plans; NO_COLOR for plain output.',
    ),
    '.SH SEE ALSO',
    '.BR consul (1)',
    '',
  ].join('\n');
}

function commandLines(command: CommandModel, common: readonly FlagModel[]): readonly string[] {
  const { name, usage, summary, examples } = command;
  return [
    `.SS ${roff(`splitter ${name}${usage === '' ? '' : ` ${usage}`}`)}`,
    roff(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...ownFlags(command, common).own.flatMap(flagLines),
    ...(examples.length === 0 ? [] : ['.P', 'Examples:', '.nf', ...examples.map((line) => roff(`    ${line}`)), '.fi']),
  ];
}

function flagLines(flag: FlagModel): readonly string[] {
  return ['.TP', `.B ${roff(spell(flag))}`, roff(meaning(flag))];
}

/** Text that roff prints letter by letter. */
function roff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1')
    .replace(/…/g, '...');
}
