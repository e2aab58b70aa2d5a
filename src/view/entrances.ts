import type { EntranceRow } from '../core/entrance-rows.js';
import { harmless, padTo, type Style } from './style.js';

/** Who reaches a service, as a table for people. */
export function renderEntrances(rows: readonly EntranceRow[], hidden: boolean, style: Style): string {
  const lines = [
    ...(rows.length === 0
      ? ['nobody reaches it: no sidecar has it among its upstreams, and no gateway serves it']
      : [
          `${padTo('caller', 22)} ${padTo('kind', 16)} ${padTo('instance', 28)}${'share'.padStart(7)}   ${padTo('via', 18)} read`,
        ]),
    ...rows.map((row) => line(row, style)),
    ...(hidden ? [style.warn('ACLs hide a part of the catalog from this token: there may be more')] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is to be known of one entrance beside its name, in a few words: that it only may send, that weights or routes do not reach it, that it does not follow them, why it is not read. */
export function remarksOn({ certain, tcp, split, read, why, follows }: EntranceRow): string {
  return [
    ...(certain ? [] : ['may send: intentions let it']),
    ...(tcp ? ['speaks tcp: no weight moves it'] : split ? [] : ['past the splitter: no weight moves all of it']),
    ...(follows === false ? ['does not follow the weights'] : []),
    read ? 'yes' : `no: ${why ?? 'not known why'}`,
  ].join('; ');
}

function line(row: EntranceRow, style: Style): string {
  const { name, kind, id, node, via, share, read, split, tcp } = row;
  const where = node === '' ? id : `${id} on ${node}`;
  const percent = share === null ? '-' : `${share}%`;
  const text = `${padTo(harmless(name), 22)} ${padTo(kind, 16)} ${padTo(harmless(where), 28)}${percent.padStart(7)}   ${padTo(harmless(via.join(', ')), 18)} ${harmless(remarksOn(row))}`;
  return read && split && !tcp ? text : style.warn(text);
}
