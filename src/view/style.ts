import { styleText } from 'node:util';

/** Colours repeat what letters say already; plain where a terminal or the user wants none. */
export interface Style {
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly good: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** No colours at all. */
export const PLAIN: Style = { bad: same, warn: same, good: same, dim: same, bold: same };

/** Colours for a terminal. */
export const COLOUR: Style = {
  bad: (text) => styleText('red', text, { validateStream: false }),
  warn: (text) => styleText('yellow', text, { validateStream: false }),
  good: (text) => styleText('green', text, { validateStream: false }),
  dim: (text) => styleText('dim', text, { validateStream: false }),
  bold: (text) => styleText('bold', text, { validateStream: false }),
};

function same(text: string): string {
  return text;
}

/** The text without control characters, so that names and messages of others cannot move a cursor or forge lines. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that must go
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}

/** The same in one line: where only one is meant, a line break of others could forge a line. */
export function oneLine(text: string): string {
  return harmless(text).replace(/[\n\t]/g, ' ');
}

/** The text in exactly this many columns, padded or cut with an ellipsis of two dots. */
export function padTo(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, Math.max(0, width - 2))}..`;
}
