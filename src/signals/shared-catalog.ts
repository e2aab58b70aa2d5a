import type { CatalogReader } from './catalog-reader.js';

/** Answers younger than this are used for everybody who asks the same, ms. */
const FRESH = 5_000;
/** So are failures: many rollouts that ask a Consul in trouble ask it once a second. */
const FAILED_FRESH = 1_000;

/** A reader that asks Consul once for all rollouts that want to know the same within five seconds; the question is the rollouts' together, so none of them can abort it. */
export function shareCatalog(catalog: CatalogReader, now: () => number): CatalogReader {
  const answers = new Map<string, Shared>();
  const isFresh = ({ at, fresh }: Shared): boolean => Math.abs(now() - at) < fresh;
  return {
    get(path, query) {
      const key = JSON.stringify([path, query]);
      const known = answers.get(key);
      if (known !== undefined && isFresh(known)) return known.answer;
      for (const [old, one] of answers) if (!isFresh(one)) answers.delete(old);
      const shared: Shared = { at: now(), fresh: FRESH, answer: catalog.get(path, query, new AbortController().signal) };
      answers.set(key, shared);
      shared.answer.catch(() => {
        shared.at = now();
        shared.fresh = FAILED_FRESH;
      });
      return shared.answer;
    },
  };
}

interface Shared {
  at: number;
  fresh: number;
  readonly answer: Promise<unknown>;
}
