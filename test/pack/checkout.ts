import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../plan/root.js';

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder that goes with the process. */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `splitter-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const MADE = ['.git', 'node_modules', 'dist', 'coverage'];

/** Copies the checkout, without what is made in it, into a folder; `wanted` says which of its top names. */
export function copyCheckout(to: string, wanted: (name: string) => boolean = () => true): void {
  for (const name of readdirSync(ROOT))
    if (!MADE.includes(name) && !name.endsWith('.tgz') && wanted(name))
      cpSync(join(ROOT, name), join(to, name), { recursive: true });
}

/** A copy of the checkout as it is now, with the dependencies of this one, in which anything may be built. */
export function cloneCheckout(): string {
  const folder = makeFolder('checkout');
  copyCheckout(folder);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a program to its end; `env` is added to what every program needs. What npm of this test run says to its children is left out. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|SPLITTER_|CONSUL_)/.test(name)),
    );
    execFile(program, [...args], { cwd, env: { ...clean, ...env }, maxBuffer: 64 << 20 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, out, err });
    });
  });
}

/** Runs a program that has to end well; throws with what it printed otherwise. */
export async function mustRun(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, out, err } = await run(program, args, cwd, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}\n${out}\n${err}`);
  return out;
}
