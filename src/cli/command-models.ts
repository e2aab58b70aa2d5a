import type { Argument, Command, Option } from 'commander';
import type { CommandModel, FlagModel, Slot } from '../view/command-model.js';
import { EXAMPLES } from './examples.js';

const FILES = ['file', 'files', 'dir', 'folder', 'paths', 'plan'];

/** Every command that help shows, in its order. */
export function commandModels(program: Command): readonly CommandModel[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map(modelOf);
}

function modelOf(command: Command): CommandModel {
  const args = command.registeredArguments;
  return {
    name: command.name(),
    usage: args.map(usageOf).join(' '),
    summary: command.description(),
    slots: args.map((argument) => slotOf(argument.name())),
    variadic: args.at(-1)?.variadic === true,
    flags: command.options.map(flagOf),
    examples: EXAMPLES[command.name()] ?? [],
  };
}

function usageOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function flagOf(option: Option): FlagModel {
  const takes = /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1];
  return {
    long: option.long ?? option.flags,
    ...(option.short === undefined ? {} : { short: option.short }),
    ...(takes === undefined ? {} : { takes }),
    slot: option.argChoices === undefined ? slotOf(takes ?? '') : { kind: 'words', words: option.argChoices },
    required: option.mandatory,
    description: option.description,
  };
}

/** What may stand there, by the name of the place: `a|b` are words. */
function slotOf(name: string): Slot {
  if (name.includes('|')) return { kind: 'words', words: name.split('|') };
  if (name === 'service') return { kind: 'service' };
  if (name === 'service-or-file' || name === 'files-or-service') return { kind: 'service-or-file' };
  return { kind: FILES.includes(name) ? 'file' : 'other' };
}
