import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;
let count = 0;

/** Writes a plan to a file of its own (or of this name), in a folder that goes when the tests end; gives its path. */
export function planFile(text: string, name?: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'splitter-plans-'));
    folder = made;
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  const path = join(folder, name ?? `plan-${++count}.yaml`);
  writeFileSync(path, text);
  return path;
}
