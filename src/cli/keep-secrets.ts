import { writeFileSync } from 'node:fs';

/** Variables that hold a secret of Consul themselves, not the name of a file. */
const SECRETS = ['CONSUL_HTTP_TOKEN', 'CONSUL_HTTP_AUTH'] as const;

/**
 * Keeps the secrets of this process out of what outlives it or is shown to others: its core file has no memory in it (on Linux), a diagnostic report
 * and what is started from here has no token in its environment, and a process list has none among the arguments. What cannot be done here is left undone.
 */
export function keepSecrets(): void {
  if (process.platform === 'linux') leaveMemoryOutOfCores();
  for (const name of SECRETS) delete process.env[name];
  // Newer versions of Node.js can leave the whole environment out of a report.
  if (process.report !== undefined) Object.assign(process.report, { excludeEnv: true });
  const args = process.argv.slice(2);
  const hidden = hideTokens(args);
  if (hidden.some((arg, i) => arg !== args[i])) process.title = ['splitter', ...hidden].join(' ');
}

/** The arguments with `***` for every token. */
export function hideTokens(args: readonly string[]): readonly string[] {
  return args.map((arg, i) => {
    if (/^--?token=/.test(arg)) return arg.replace(/=.*/s, '=***');
    return /^--?token$/.test(args[i - 1] ?? '') ? '***' : arg;
  });
}

/** No kind of mapping is dumped any more; see core(5). The file is absent where there are no core files, and may be closed to us. */
function leaveMemoryOutOfCores(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // The limit of the service's own unit (LimitCORE=0) is what is left then.
  }
}
