import type { CatalogReader } from './catalog-reader.js';

/** Answers younger than this are used for everybody who asks the same, ms. */
const FRESH = 5_000;

/** A reader that asks Consul once for all rollouts that want to know the same within five seconds. */
export function shareCatalog(catalog: CatalogReader, now: () => number): CatalogReader {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  return {
    get(path, query, abort) {
      const key = JSON.stringify([path, query]);
      const known = answers.get(key);
      if (known !== undefined && Math.abs(now() - known.at) < FRESH) return known.answer;
      for (const [old, { at }] of answers) if (Math.abs(now() - at) >= FRESH) answers.delete(old);
      const answer = catalog.get(path, query, abort);
      answers.set(key, { at: now(), answer });
      // A failure is not kept: whoever asks next tries again.
      answer.catch(() => answers.delete(key));
      return answer;
    },
  };
}
