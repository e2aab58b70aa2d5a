import type { ServiceRef } from '../core/plan.js';
import { type CatalogInstance, isCaller, speaksTcp } from './catalog-proxies.js';
import type { CatalogReader } from './catalog-reader.js';
import { inTurns } from './in-turns.js';
import { metricsAddress } from './metrics-address.js';
import { scope } from './scope.js';

/** One sidecar or gateway that calls the service; `address` (host:port of its metrics) only where it is configured. */
export interface Caller {
  readonly name: string;
  readonly address?: string;
  /** It speaks plain tcp to the service: Consul puts no splitter before that. */
  readonly isTcp?: boolean;
}

/** Whose callers to find: the service, and services whose sidecars count as callers though no upstream says so. */
export interface Called extends ServiceRef {
  readonly callers: readonly string[];
  /** The datacenters whose callers count; absent: all that are known. */
  readonly datacenters?: readonly string[];
}

const AT_ONCE = 16;
const GATEWAYS = ['ingress-gateway', 'api-gateway'] as const;

/** A sidecar as far as it matters to whom it calls, or a gateway with the services that it serves. */
type Proxy = { readonly caller: Caller; readonly datacenter: string | undefined } & (
  | { readonly kind: 'sidecar'; readonly instance: CatalogInstance }
  | { readonly kind: 'gateway'; readonly gateway: string; readonly serves: ReadonlySet<string> }
);

/** Every sidecar and gateway of one namespace, partition and datacenter, by the services that they may call. */
export class Proxies {
  readonly #byService = new Map<string, Proxy[]>();
  /** ACLs hide some of the catalog, so there may be more. */
  readonly hidden: boolean;

  constructor(proxies: readonly Proxy[], hidden = false) {
    this.hidden = hidden;
    for (const proxy of proxies)
      for (const service of namesOf(proxy)) {
        const own = this.#byService.get(service);
        if (own === undefined) this.#byService.set(service, [proxy]);
        else own.push(proxy);
      }
  }

  /** The callers of a service, each metrics address once. */
  callersOf(target: Called): readonly Caller[] {
    const found = new Set([target.service, ...target.callers].flatMap((name) => this.#byService.get(name) ?? []));
    const byAddress = new Map<string, Caller>();
    const silent: Caller[] = [];
    for (const proxy of found) {
      if (!calls(proxy, target) || !isAmong(target.datacenters, proxy.datacenter)) continue;
      const isTcp = proxy.kind === 'sidecar' && speaksTcp(proxy.instance, target);
      const caller = isTcp ? { ...proxy.caller, isTcp } : proxy.caller;
      if (caller.address === undefined) silent.push(caller);
      else byAddress.set(caller.address, caller);
    }
    return [...byAddress.values(), ...silent];
  }
}

function isAmong(datacenters: Called['datacenters'], own: string | undefined): boolean {
  return datacenters === undefined || own === undefined || datacenters.includes(own);
}

/** Reads all of them from Consul's catalog. Throws what the reader throws. */
export async function readProxies(catalog: CatalogReader, where: ServiceRef, abort: AbortSignal): Promise<Proxies> {
  let hidden = false;
  const noting: CatalogReader = {
    get: async (...asked) => {
      const answer = await catalog.get(...asked);
      hidden ||= answer.hidden;
      return answer;
    },
  };
  const found = await Promise.all([
    readSidecars(noting, where, abort),
    ...GATEWAYS.map((kind) => readGateways(noting, kind, where, abort)),
  ]);
  return new Proxies(found.flat(), hidden);
}

function namesOf(proxy: Proxy): ReadonlySet<string> {
  if (proxy.kind === 'gateway') return new Set([proxy.gateway, ...proxy.serves]);
  const { DestinationServiceName, Upstreams } = proxy.instance.ServiceProxy ?? {};
  const names = [DestinationServiceName, ...(Upstreams ?? []).map(({ DestinationName }) => DestinationName)];
  return new Set(names.filter((name) => name !== undefined));
}

function calls(proxy: Proxy, target: Called): boolean {
  if (proxy.kind === 'sidecar') return isCaller(proxy.instance, target, target.callers);
  return target.callers.includes(proxy.gateway) || proxy.serves.has(target.service);
}

async function readSidecars(catalog: CatalogReader, where: ServiceRef, abort: AbortSignal): Promise<readonly Proxy[]> {
  const names = await listServices(catalog, 'connect-proxy', where, abort);
  const instances = await inTurns(names, AT_ONCE, (name) => listInstances(catalog, name, where, abort));
  return instances.flat().map((instance) => {
    const { Datacenter: datacenter } = instance;
    return { kind: 'sidecar', caller: callerOf(instance), datacenter, instance: slim(instance) };
  });
}

async function readGateways(
  catalog: CatalogReader,
  kind: (typeof GATEWAYS)[number],
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly Proxy[]> {
  const names = await listServices(catalog, kind, where, abort);
  const gateways = await inTurns(names, AT_ONCE, async (gateway): Promise<readonly Proxy[]> => {
    const [serves, instances] = await Promise.all([
      listServed(catalog, gateway, where, abort),
      listInstances(catalog, gateway, where, abort),
    ]);
    return instances
      .filter((instance) => instance.ServiceKind === kind)
      .map((instance) => ({
        kind: 'gateway',
        caller: callerOf(instance),
        datacenter: instance.Datacenter,
        gateway,
        serves,
      }));
  });
  return gateways.flat();
}

async function listServed(
  catalog: CatalogReader,
  gateway: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { body } = await catalog.get(`/v1/catalog/gateway-services/${encodeURIComponent(gateway)}`, scope(where), abort);
  const rows: readonly { readonly Service?: { readonly Name?: string } }[] = Array.isArray(body) ? body : [];
  return new Set(rows.flatMap(({ Service }) => Service?.Name ?? []));
}

async function listServices(
  catalog: CatalogReader,
  kind: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly string[]> {
  const { body } = await catalog.get('/v1/catalog/services', { ...scope(where), filter: `ServiceKind == "${kind}"` }, abort);
  return typeof body === 'object' && body !== null ? Object.keys(body) : [];
}

async function listInstances(
  catalog: CatalogReader,
  name: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly CatalogInstance[]> {
  const query = { ...scope(where), 'merge-central-config': 'true' };
  const { body } = await catalog.get(`/v1/catalog/service/${encodeURIComponent(name)}`, query, abort);
  return Array.isArray(body) ? (body as CatalogInstance[]) : [];
}

/** Among thousands of sidecars only what tells whom they call is kept. */
function slim({ ServiceKind, ServiceProxy }: CatalogInstance): CatalogInstance {
  const { DestinationServiceName, Upstreams } = ServiceProxy ?? {};
  return {
    ...(ServiceKind === undefined ? {} : { ServiceKind }),
    ServiceProxy: {
      ...(DestinationServiceName === undefined ? {} : { DestinationServiceName }),
      ...(Upstreams ? { Upstreams } : {}),
    },
  };
}

function callerOf(instance: CatalogInstance): Caller {
  const name = instance.ServiceName ?? 'a caller';
  const address = metricsAddress(
    instance.ServiceProxy?.Config?.envoy_prometheus_bind_addr,
    instance.ServiceAddress || instance.Address || '',
  );
  return address === undefined ? { name } : { name, address };
}
