import type { CatalogAnswer, CatalogReader } from './catalog-reader.js';

/**
 * The catalogs of several datacenters as one: what one lists, and what the `others` list. Whoever calls a service by the same entries may run in any of them.
 * One that does not answer is taken as it last was; only the first one's failure is thrown.
 */
export function readEverywhere(catalog: CatalogReader, others: () => Promise<readonly string[]>): CatalogReader {
  const known = new Map<string, CatalogAnswer>();
  return {
    async get(path, query, abort) {
      const own = catalog.get(path, query, abort);
      if (!path.startsWith('/v1/catalog/')) return own;
      const elsewhere = await others().catch(() => []);
      const answers = elsewhere.map(async (dc) => {
        const key = JSON.stringify([path, { ...query, dc }]);
        try {
          const answer = await catalog.get(path, { ...query, dc }, abort);
          known.set(key, answer);
          return answer;
        } catch {
          return known.get(key);
        }
      });
      return (await Promise.all(answers)).reduce<CatalogAnswer>(join, await own);
    },
  };
}

function join(one: CatalogAnswer, other: CatalogAnswer | undefined): CatalogAnswer {
  if (other === undefined) return one;
  const hidden = one.hidden || other.hidden;
  if (Array.isArray(one.body) && Array.isArray(other.body)) return { body: [...one.body, ...other.body], hidden };
  return { body: { ...(one.body as object), ...(other.body as object) }, hidden };
}
