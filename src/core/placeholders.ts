/** What a query may name, so that one plan serves whichever subset is canary. */
export interface Named {
  readonly service: string;
  readonly stable: string;
  readonly canary: string;
  /** The one that is asked about, where the same is asked about both to compare them. */
  readonly subset?: string;
}

/** The words that may stand between double braces in a query; `subset` in a comparison only. */
export const PLACEHOLDERS = ['service', 'canary', 'stable', 'subset'] as const;

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** The text with every placeholder that has a value filled in, each value escaped by `quote` for the language of the text. */
export function fillPlaceholders(text: string, target: Named, quote: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (whole, word: string) => {
    const value = isKnown(word) ? target[word] : undefined;
    return value === undefined ? whole : quote(value);
  });
}

/** The words between double braces in a text, with their offset; `known` unless they mean nothing. */
export function findPlaceholders(
  text: string,
): readonly { readonly word: string; readonly offset: number; readonly known: boolean }[] {
  return [...text.matchAll(PLACEHOLDER)].map(({ 1: word = '', index }) => ({ word, offset: index, known: isKnown(word) }));
}

function isKnown(word: string): word is keyof Named {
  return (PLACEHOLDERS as readonly string[]).includes(word);
}
