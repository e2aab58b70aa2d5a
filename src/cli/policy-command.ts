const LOOKS: readonly string[] = ['status', 'list', 'history', 'subsets', 'export'];
/** Commands whose arguments are services or plans. */
const NAMES: readonly string[] = [
  ...['ramp', 'start', 'plan', 'apply', 'status', 'history', 'pause', 'resume', 'promote', 'abort', 'undo', 'retry', 'doctor'],
  ...['continue', 'cancel', 'remove', 'drill'],
  ...['subsets', 'import', 'export'],
];

/** The command that prints the policy of whoever types this one: for its services, or for every service where it names none. */
export function policyCommand(command: string, args: readonly string[]): string {
  const role = command === 'run' ? ['--controller'] : LOOKS.includes(command) ? ['--read-only'] : [];
  return ['splitter acl-policy', ...(NAMES.includes(command) ? args : []), ...role].join(' ');
}
