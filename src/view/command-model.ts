/** What stands at one place of a command line: a live service, a file, one of some words, or anything. */
export type Slot =
  | { readonly kind: 'service' | 'file' | 'service-or-file' | 'other' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/** One flag; `takes` is the name of its value, absent where it takes none. */
export interface FlagModel {
  readonly long: string;
  readonly short?: string;
  readonly takes?: string;
  readonly slot: Slot;
  readonly required: boolean;
  readonly description: string;
}

/** One command as help, completion and pages tell of it. */
export interface CommandModel {
  readonly name: string;
  /** Its arguments as usage shows them, like `<service>`. */
  readonly usage: string;
  readonly summary: string;
  readonly slots: readonly Slot[];
  /** The last argument may come again. */
  readonly variadic: boolean;
  readonly flags: readonly FlagModel[];
  readonly examples: readonly string[];
}
