import { execFileSync } from 'node:child_process';

const TABLE = 'splitter_tests';

/** What goes to this address over TCP goes to a port of this host instead, as `consul connect redirect-traffic` has it. */
export interface Redirect {
  undo(): void;
}

/** Redirects in the kernel, as root; of this host alone, and of this address alone. Throws what `nft` or `ip` says where that is not allowed. */
export function redirect(address: string, port: number): Redirect {
  run('ip', ['route', 'replace', `${address}/32`, 'dev', 'lo']);
  const rules = [
    `add table ip ${TABLE}`,
    `add chain ip ${TABLE} output { type nat hook output priority -100; }`,
    `add rule ip ${TABLE} output ip daddr ${address} ip protocol tcp redirect to :${port}`,
  ].join('\n');
  const undo = (): void => {
    for (const [command, args] of [
      ['nft', ['delete', 'table', 'ip', TABLE]],
      ['ip', ['route', 'del', `${address}/32`, 'dev', 'lo']],
    ] as const)
      try {
        run(command, args);
      } catch {
        // It is gone already.
      }
  };
  try {
    run('nft', ['-f', '-'], `${rules}\n`);
  } catch (error) {
    undo();
    throw error;
  }
  return { undo };
}

function run(command: string, args: readonly string[], input = ''): void {
  const isRoot = process.getuid?.() === 0;
  execFileSync(isRoot ? command : 'sudo', isRoot ? [...args] : ['-n', command, ...args], {
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
}
