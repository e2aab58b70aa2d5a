import { access, appendFile, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DRILL_LOG_HEAD } from '../view/drill.js';
import { CommandError } from './exit.js';

const HEAD = /^\|\s*date\s*\|\s*action\s*\|\s*result\s*\|\s*operator\s*\|\s*$/i;

/** Ends with exit 1 when a report could not be written there at the end: a drill takes a while. */
export async function requireWritable(flag: string, file: string): Promise<void> {
  try {
    await access(file, constants.W_OK);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const open =
      absent &&
      (await access(dirname(file), constants.W_OK).then(
        () => true,
        () => false,
      ));
    if (!open) throw new CommandError(`${flag} ${file} cannot be written: ${(error as Error).message}`, 'name another file');
  }
}

/** Writes a report. */
export async function writeReport(file: string, text: string): Promise<void> {
  await writeFile(file, text);
}

/** Adds a row to the drill log in a file: below the last row of its table (date, action, result, operator), else to a new table at the end. Everything else stays. */
export async function appendRow(file: string, row: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const head = lines.findIndex((line) => HEAD.test(line));
  if (head === -1) {
    const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
    await appendFile(file, `${gap}${DRILL_LOG_HEAD}\n${row}\n`);
    return;
  }
  const end = lines.findIndex((line, i) => i > head && !line.trimStart().startsWith('|'));
  const at = end === -1 ? lines.length : end;
  await writeFile(file, [...lines.slice(0, at), row, ...lines.slice(at)].join('\n') + (end === -1 ? '\n' : ''));
}
