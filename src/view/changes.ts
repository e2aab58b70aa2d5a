import { diffEntries } from '../core/diff.js';
import { formatDuration } from '../core/duration.js';
import type { EntryWrite, StoredEntry } from '../core/entries.js';
import { harmless, type Style } from './style.js';

/** A write to show: what it replaces, and when it would happen at the earliest (ms from now) where that is known. */
export interface ShownWrite {
  readonly before: StoredEntry | undefined;
  readonly write: EntryWrite;
  readonly after?: number;
  readonly person?: boolean;
}

/** Writes in order as a diff, the way Terraform's users read it: `+` adds, `~` changes, `-` removes; then one line that counts. */
export function renderWrites(writes: readonly ShownWrite[], style: Style): string {
  if (writes.length === 0) return 'No changes: the mesh is as the plan says.\n';
  const blocks = writes.map((shown, index) => renderWrite(shown, index + 1, style));
  return `${blocks.join('\n')}\n${countLine(writes)}\n`;
}

/** `Plan: 2 to add, 3 to change, 0 to destroy.` Only a router that splitter made is ever destroyed. */
export function countLine(writes: readonly ShownWrite[]): string {
  const added = writes.filter(({ before }) => before === undefined).length;
  const destroyed = writes.filter(({ write }) => write.entry === undefined).length;
  return `Plan: ${added} to add, ${writes.length - added - destroyed} to change, ${destroyed} to destroy.`;
}

function renderWrite({ before, write, after, person }: ShownWrite, number: number, style: Style): string {
  const sign = before === undefined ? style.good('+') : write.entry === undefined ? style.bad('-') : style.warn('~');
  const when =
    after === undefined || after === 0 ? '' : `  (after ${formatDuration(after)}${person === true ? ' and a person' : ''})`;
  const head = `${String(number).padStart(3)}. ${sign} ${write.kind}/${write.name}: ${harmless(write.why)}${style.dim(when)}`;
  const changes = diffEntries(before?.entry, write.entry ?? {}).filter(({ path }) => path !== 'Kind' && path !== 'Name');
  const lines = changes.map(({ path, before: was, after: is }) => {
    if (was === undefined) return `       ${style.good('+')} ${path} = ${harmless(is ?? '')}`;
    if (is === undefined) return `       ${style.bad('-')} ${path} = ${harmless(was)}`;
    return `       ${style.warn('~')} ${path} = ${harmless(was)} -> ${harmless(is)}`;
  });
  return [head, ...(lines.length > 0 ? lines : [style.dim('         the record only; weights stay')])].join('\n');
}
