import { ConsulError } from '../consul/errors.js';
import { harmless, oneLine } from '../view/style.js';

/** The exit codes of every command: promises to scripts (listed in --help and in the reference). */
export const EXIT = {
  done: 0,
  error: 1,
  changes: 2,
  reverted: 3,
  timedOut: 4,
  needsPerson: 5,
  planInvalid: 6,
  consul: 7,
  interrupted: 130,
} as const;

/** What each says, for help and pages. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.error, 'error or bad usage'],
  [EXIT.changes, 'changes present (plan --detailed-exitcode)'],
  [EXIT.reverted, 'reverted'],
  [EXIT.timedOut, 'timed out, still running'],
  [EXIT.needsPerson, 'paused or not proven, needs a person'],
  [EXIT.planInvalid, 'plan invalid'],
  [EXIT.consul, 'Consul unreachable or refused'],
  [EXIT.interrupted, 'interrupted'],
];

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that a command ends with: a sentence, what to type next, and the exit code. */
export class CommandError extends Error {
  readonly hint: string;
  readonly exit: ExitCode;

  constructor(message: string, hint: string, exit: ExitCode = EXIT.error) {
    super(message);
    this.name = 'CommandError';
    this.hint = hint;
    this.exit = exit;
  }
}

/** The exit code and the words for an error, with the command that prints the policy where a permission is missing; anything unforeseen keeps its stack for a bug report. What others wrote moves no cursor. */
export function explainError(error: unknown, policyCommand: string): { readonly exit: ExitCode; readonly text: string } {
  if (error instanceof CommandError) return { exit: error.exit, text: inHouseForm(error.message, error.hint) };
  if (error instanceof ConsulError) {
    const exit = error.code === 'usage' || error.code === 'aborted' ? EXIT.error : EXIT.consul;
    const policy = `${policyCommand}   prints all that it needs`;
    const hint = error.lacksPermission ? `${error.hint}\n  -> ${policy}` : error.hint;
    return { exit, text: inHouseForm(`${oneLine(error.message)} [${error.code}]`, hint) };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exit: EXIT.error, text: `Error: this is a bug in splitter; please report it with these lines\n${harmless(stack)}\n` };
}

function inHouseForm(message: string, hint: string): string {
  return harmless(hint === '' ? `Error: ${message}\n` : `Error: ${message}\n  -> ${hint}\n`);
}
