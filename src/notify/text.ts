/** A text in so many UTF-16 units at most, with … where it was cut, and no character cut in two. */
export function cutTo(length: number, text: string): string {
  return escapeTo(length, text, (character) => character);
}

/** The text with every character escaped, in so many UTF-16 units at most; neither a character nor an escape is ever cut in two. */
export function escapeTo(length: number, text: string, spell: (character: string) => string): string {
  let escaped = '';
  let fits = 0;
  for (const character of text) {
    escaped += spell(character);
    if (escaped.length > length) return `${escaped.slice(0, fits)}…`;
    if (escaped.length < length) fits = escaped.length;
  }
  return escaped;
}

/** Controls but tab and new line, marks of direction, and characters that nobody sees. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that must go
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text without what could reorder or hide other text: controls, marks of direction, and halves of characters. */
export function harmless(text: string): string {
  return text.replace(UNSEEN, '').replace(HALVES, '\ufffd');
}

/** The same, as one line: what others wrote looks like no further line of ours. */
export function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, ' ').trim();
}
