import type { ServiceRef } from '../core/plan.js';
import { type CatalogInstance, isCaller } from './catalog-proxies.js';
import type { CatalogReader } from './catalog-reader.js';
import { inTurns } from './in-turns.js';
import { metricsAddress } from './metrics-address.js';
import { scope } from './scope.js';

/** One sidecar or gateway that calls the service; `address` (host:port of its metrics) only where it is configured. */
export interface Caller {
  readonly name: string;
  readonly address?: string;
}

/** Whose callers to find: the service, and services whose sidecars count as callers though no upstream says so. */
export interface Called extends ServiceRef {
  readonly callers: readonly string[];
}

const AT_ONCE = 16;
const GATEWAYS = ['ingress-gateway', 'api-gateway'] as const;

/** Finds the callers of a service in Consul's catalog, each metrics address once. Throws what the reader throws. */
export async function findCallers(catalog: CatalogReader, target: Called, abort: AbortSignal): Promise<readonly Caller[]> {
  const found = await Promise.all([
    findSidecars(catalog, target, abort),
    ...GATEWAYS.map((kind) => findGateways(catalog, kind, target, abort)),
  ]);
  const byAddress = new Map<string, Caller>();
  const silent: Caller[] = [];
  for (const instance of found.flat()) {
    const caller = callerOf(instance);
    if (caller.address === undefined) silent.push(caller);
    else byAddress.set(caller.address, caller);
  }
  return [...byAddress.values(), ...silent];
}

async function findSidecars(catalog: CatalogReader, target: Called, abort: AbortSignal): Promise<readonly CatalogInstance[]> {
  const names = await listServices(catalog, 'connect-proxy', target, abort);
  const instances = await inTurns(names, AT_ONCE, (name) => listInstances(catalog, name, target, abort));
  return instances.flat().filter((instance) => isCaller(instance, target, target.callers));
}

async function findGateways(
  catalog: CatalogReader,
  kind: (typeof GATEWAYS)[number],
  target: Called,
  abort: AbortSignal,
): Promise<readonly CatalogInstance[]> {
  const names = await listServices(catalog, kind, target, abort);
  const instances = await inTurns(names, AT_ONCE, async (name) => {
    if (!target.callers.includes(name) && !(await serves(catalog, name, target, abort))) return [];
    return listInstances(catalog, name, target, abort);
  });
  return instances.flat().filter((instance) => instance.ServiceKind === kind);
}

async function serves(catalog: CatalogReader, gateway: string, target: Called, abort: AbortSignal): Promise<boolean> {
  const bound = await catalog.get(`/v1/catalog/gateway-services/${encodeURIComponent(gateway)}`, scope(target), abort);
  if (!Array.isArray(bound)) return false;
  return bound.some((row: { readonly Service?: { readonly Name?: string } }) => row.Service?.Name === target.service);
}

async function listServices(
  catalog: CatalogReader,
  kind: string,
  target: Called,
  abort: AbortSignal,
): Promise<readonly string[]> {
  const services = await catalog.get('/v1/catalog/services', { ...scope(target), filter: `ServiceKind == "${kind}"` }, abort);
  return typeof services === 'object' && services !== null ? Object.keys(services) : [];
}

async function listInstances(
  catalog: CatalogReader,
  name: string,
  target: Called,
  abort: AbortSignal,
): Promise<readonly CatalogInstance[]> {
  const query = { ...scope(target), 'merge-central-config': 'true' };
  const instances = await catalog.get(`/v1/catalog/service/${encodeURIComponent(name)}`, query, abort);
  return Array.isArray(instances) ? (instances as CatalogInstance[]) : [];
}

function callerOf(instance: CatalogInstance): Caller {
  const name = instance.ServiceName ?? 'a caller';
  const address = metricsAddress(
    instance.ServiceProxy?.Config?.envoy_prometheus_bind_addr,
    instance.ServiceAddress || instance.Address || '',
  );
  return address === undefined ? { name } : { name, address };
}
