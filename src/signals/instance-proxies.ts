import { isRecord } from '../core/is-record.js';
import { type MetricsAccess, metricsOf } from '../core/metrics-access.js';
import type { ServiceRef } from '../core/plan.js';
import type { CatalogReader } from './catalog-reader.js';
import { metricsPlaceOf } from './metrics-address.js';
import { scope } from './scope.js';

/** One instance that gets traffic, by its sidecar; `address` (host:port of its metrics) only where it is configured. */
export interface InstanceProxy {
  readonly subset: string;
  readonly address?: string;
}

/** Whose instances to find: subsets by name, with their filters for as long as the resolver has none. */
export interface Sided extends ServiceRef {
  readonly stable: string;
  readonly canary: string;
  readonly filters?: Readonly<Record<string, string>>;
  readonly metrics?: MetricsAccess;
}

/** The serving instances of both roles, told apart by the filters that the mesh itself uses. An instance that both filters match belongs to neither. Throws what the reader throws. */
export async function findInstanceProxies(
  catalog: CatalogReader,
  target: Sided,
  abort: AbortSignal,
): Promise<readonly InstanceProxy[]> {
  const names = [...new Set([target.stable, target.canary])].filter((name) => name !== '');
  const filters = await readFilters(catalog, target, abort);
  const found = await Promise.all(
    names.map(async (subset) => {
      const filter = filters[subset] || target.filters?.[subset];
      return filter === undefined ? [] : listServing(catalog, target, subset, filter, abort);
    }),
  );
  const all = found.flat();
  const twice = (address: string): boolean =>
    new Set(all.filter((one) => one.address === address).map((one) => one.subset)).size > 1;
  return all.map(({ subset, address }) => (address === undefined || twice(address) ? { subset } : { subset, address }));
}

async function readFilters(catalog: CatalogReader, target: Sided, abort: AbortSignal): Promise<Readonly<Record<string, string>>> {
  const path = `/v1/config/service-resolver/${encodeURIComponent(target.service)}`;
  const { body } = await catalog.get(path, scope(target), abort);
  const subsets = isRecord(body) && isRecord(body.Subsets) ? body.Subsets : {};
  return Object.fromEntries(
    Object.entries(subsets).map(([name, subset]) => [name, isRecord(subset) ? String(subset.Filter ?? '') : '']),
  );
}

async function listServing(
  catalog: CatalogReader,
  target: Sided,
  subset: string,
  filter: string,
  abort: AbortSignal,
): Promise<readonly InstanceProxy[]> {
  const path = `/v1/health/connect/${encodeURIComponent(target.service)}`;
  const { body } = await catalog.get(path, { ...scope(target), filter, 'merge-central-config': 'true' }, abort);
  const rows = Array.isArray(body) ? body.filter(isRecord) : [];
  return rows.filter(isServing).map((row) => {
    const place = metricsOf(metricsPlaceOf(row), target.metrics);
    return 'address' in place ? { subset, address: place.address } : { subset };
  });
}

function isServing({ Checks }: Readonly<Record<string, unknown>>): boolean {
  const checks = Array.isArray(Checks) ? Checks.filter(isRecord) : [];
  return checks.every(({ Status }) => Status === 'passing' || Status === 'warning');
}
