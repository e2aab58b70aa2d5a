import type { Command } from 'commander';

/** Of a flag that may be given again, all its values. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The flags that give values to the variables of plans. */
export function withVariables(command: Command): Command {
  return command
    .option('--var <name=value>', 'the value of a variable of the plan; may be given again (SPLITTER_VAR_name)', collect)
    .option('--var-file <file>', 'values of variables, one `name: value` a line; may be given again', collect);
}
