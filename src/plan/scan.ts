import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import { walkPlans } from './walk.js';

/** A file as a scan found it: its path as a person would type it and below the directory, and its text, or why it cannot be read. */
export interface ScannedFile {
  readonly path: string;
  readonly below: string;
  /** Changes with the text. */
  readonly digest: string;
  readonly text?: string;
  readonly trouble?: string;
}

/** All plan files of a directory at one moment. `root` is where the directory really is; `digest` changes with it and with any file. */
export interface Scan {
  readonly root: string;
  readonly digest: string;
  readonly files: readonly ScannedFile[];
  readonly folders: readonly string[];
}

const TRIES = 5;

/** Reads every plan file of a directory. Gives a sentence instead where the directory cannot be read or has no plan: then nothing can be said of its plans. */
export async function scanPlans(directory: string, tries = TRIES): Promise<Scan | string> {
  try {
    const root = await realpath(directory);
    const { files, folders, unreadable } = await walkPlans(directory);
    if (files.length === 0 && unreadable.length === 0) return `there is no plan in ${directory}`;
    const scanned = [
      ...(await Promise.all(files.map((path) => scanFile(directory, path)))),
      ...unreadable.map(({ path, code }) => unreadablePath(directory, path, code)),
    ];
    // A link that was moved meanwhile: what was read is partly of the one, partly of the other.
    if ((await realpath(directory)) !== root)
      return tries > 1 ? scanPlans(directory, tries - 1) : `${directory} leads elsewhere at every look`;
    const digest = digestOf([root, ...scanned.flatMap((file) => [file.below, file.digest])].join('\n'));
    return { root, digest, files: scanned, folders };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return code === 'ENOENT' ? `there is no directory ${directory}` : `${directory} cannot be read (${code})`;
  }
}

async function scanFile(directory: string, path: string): Promise<ScannedFile> {
  try {
    const text = await readFile(path, 'utf8');
    return { path, below: relative(directory, path), digest: digestOf(text), text };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return unreadablePath(directory, path, code);
  }
}

function unreadablePath(directory: string, path: string, code: string): ScannedFile {
  return { path, below: relative(directory, path), digest: code, trouble: `cannot be read (${code})` };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
