import { findPlaceholders, PLACEHOLDERS } from '../core/placeholders.js';
import { suggest } from '../core/suggest.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import { type SignalText, textsOf } from './signal-text.js';

/** Only words that can be filled in stand between double braces in what a source is asked; `unversioned` is a subset that has no version to fill in. */
export function checkPlaceholders(signal: SignalText, path: Path, unversioned: string | undefined): Problem[] {
  const comparing = 'compare' in signal && signal.compare !== undefined;
  const words = PLACEHOLDERS.filter((word) => comparing || !word.startsWith('subset'));
  return textsOf(signal).flatMap(([keys, text]) =>
    findPlaceholders(text).flatMap(({ word, offset, known }) => {
      const at = [...path, ...keys];
      if (!known) return [errorAt(at, { offset }, `{{${word}}} means nothing in a query`, hintFor(word, words))];
      if (word.endsWith('_version') && unversioned !== undefined) {
        const message = `{{${word}}} needs a version, and subset "${unversioned}" is picked by a filter`;
        return [errorAt(at, { offset }, message, `write version: … for ${unversioned}, or {{${word.replace('_version', '')}}}`)];
      }
      if (comparing || !word.startsWith('subset')) return [];
      const message = `{{${word}}} is for a comparison, which asks about both subsets; this signal asks about canary only`;
      const hint = `write {{${word.replace('subset', 'canary')}}}, or compare: stable with a margin`;
      return [errorAt(at, { offset }, message, hint)];
    }),
  );
}

function hintFor(word: string, words: readonly string[]): string {
  const near = suggest(word, words);
  return near === undefined ? `known are ${words.map((one) => `{{${one}}}`).join(', ')}` : `did you mean "${near}"?`;
}
