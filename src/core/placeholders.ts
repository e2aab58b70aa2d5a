/** What a query may name, so that one plan serves whichever subset is canary. */
export interface Named {
  readonly service: string;
  readonly stable: string;
  readonly canary: string;
}

/** The words that may stand between double braces in a query. */
export const PLACEHOLDERS = ['service', 'canary', 'stable'] as const;

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** The text with `{{service}}`, `{{canary}}` and `{{stable}}` filled in, each value escaped by `quote` for the language of the text. */
export function fillPlaceholders(text: string, target: Named, quote: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (whole, word: string) => (isKnown(word) ? quote(target[word]) : whole));
}

/** Words between double braces that mean nothing, with their offset in the text. */
export function unknownPlaceholders(text: string): readonly { readonly word: string; readonly offset: number }[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(({ 1: word, index }) =>
    word === undefined || isKnown(word) ? [] : [{ word, offset: index }],
  );
}

function isKnown(word: string): word is keyof Named {
  return (PLACEHOLDERS as readonly string[]).includes(word);
}
