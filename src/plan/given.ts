import { parseDuration } from '../core/duration.js';

/** An object of one key, or of none where there is no value. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V });
}

/** Milliseconds of a duration that the schema has let pass. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
