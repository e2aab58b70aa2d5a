/** What a query may name, so that one plan serves whichever subset is canary. */
export interface Named {
  readonly service: string;
  readonly stable: string;
  readonly canary: string;
  /** The one that is asked about, where the same is asked about both to compare them. */
  readonly subset?: string;
  /** The version of each subset that is picked by one. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** The words that may stand between double braces in a query; those of `subset` in a comparison only. */
export const PLACEHOLDERS = [
  'service',
  'canary',
  'stable',
  'subset',
  'canary_version',
  'stable_version',
  'subset_version',
] as const;

type Placeholder = (typeof PLACEHOLDERS)[number];

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** The text with every placeholder that has a value filled in, each value escaped by `quote` for the language of the text. */
export function fillPlaceholders(text: string, target: Named, quote: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (whole, word: string) => {
    const value = isKnown(word) ? lookUp(word, target) : undefined;
    return value === undefined ? whole : quote(value);
  });
}

/** The words between double braces in a text, with their offset; `known` unless they mean nothing. */
export function findPlaceholders(
  text: string,
): readonly { readonly word: string; readonly offset: number; readonly known: boolean }[] {
  return [...text.matchAll(PLACEHOLDER)].map(({ 1: word = '', index }) => ({ word, offset: index, known: isKnown(word) }));
}

/** The versions of a plan's subsets, for those who fill them in. */
export function versionsOf(
  subsets: readonly { readonly name: string; readonly version?: string | undefined }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(subsets.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])));
}

function lookUp(word: Placeholder, target: Named): string | undefined {
  switch (word) {
    case 'canary_version':
      return target.versions?.[target.canary];
    case 'stable_version':
      return target.versions?.[target.stable];
    case 'subset_version':
      return target.subset === undefined ? undefined : target.versions?.[target.subset];
    default:
      return target[word];
  }
}

function isKnown(word: string): word is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(word);
}
