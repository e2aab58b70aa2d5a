import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The plan files below a directory, sorted within each folder; where the folders that were read really are; and those that could not be read, with the error's code. */
export interface Walked {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly code: string }[];
}

const ENDINGS = /\.(ya?ml|hcl|json)$/i;

/** Finds plans by their endings in a directory and all below it, links to directories followed (each directory once), but no dot files and no node_modules. Rejects when the directory itself cannot be read. */
export async function walkPlans(directory: string): Promise<Walked> {
  const seen = new Set<string>();
  const files: string[] = [];
  const folders: string[] = [];
  const unreadable: { path: string; code: string }[] = [];
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    folders.push(real);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path))))
        await visit(path).catch((error: NodeJS.ErrnoException) => {
          unreadable.push({ path, code: error.code ?? error.message });
        });
      else if (ENDINGS.test(entry.name)) files.push(path);
    }
  };
  await visit(directory);
  return { files, folders, unreadable };
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
