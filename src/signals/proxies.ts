import { type Called, type Entrance, Entrances } from '../core/entrances.js';
import type { Entry } from '../core/entries.js';
import { Intentions } from '../core/intentions.js';
import { isRecord } from '../core/is-record.js';
import { Leads } from '../core/leads.js';
import type { ServiceRef } from '../core/plan.js';
import { GATEWAY_KINDS, type GatewayKind, type MeshProxy } from '../core/proxies.js';
import { type RetryEntries, retriesAbove } from '../core/retries.js';
import { consumingPartitions, type Served, servedByExport, servedByRoutes } from '../core/served.js';
import { type CatalogInstance, proxyOf } from './catalog-proxies.js';
import type { CatalogReader } from './catalog-reader.js';
import { inTurns } from './in-turns.js';
import { listEntries, readAgent } from './mesh-entries.js';
import { scope } from './scope.js';

export type { Called } from '../core/entrances.js';

/** An entrance, as those know it who read what it counts. */
export type Caller = Entrance;

const AT_ONCE = 16;
/** The name of the namespace, and of the partition, that nobody has named. */
const DEFAULT = 'default';

/** Everybody who may send requests into the mesh, of one namespace, partition and datacenter, and to whom. */
export class Proxies {
  readonly #entrances: Entrances;
  readonly #retries: RetryEntries;
  /** ACLs hide some of the catalog, so there may be more. */
  readonly hidden: boolean;

  constructor(entrances: Entrances, retries: RetryEntries, hidden: boolean) {
    this.#entrances = entrances;
    this.#retries = retries;
    this.hidden = hidden;
  }

  /** Every entrance of a service, those too that only may be one. */
  entrancesOf(target: Called): readonly Entrance[] {
    const { datacenters } = target;
    const among = ({ datacenter }: Entrance): boolean =>
      datacenters === undefined || datacenter === undefined || datacenters.includes(datacenter);
    return this.#entrances.of(target).filter(among);
  }

  /** What sends failed requests again before they reach the service's splitter. */
  retriesOf(target: Called): readonly string[] {
    const names = [target.service, ...this.entrancesOf(target).flatMap(({ via }) => via)];
    return retriesAbove([...new Set(names)], this.#retries);
  }

  /** Those that are certain, each metrics address once. */
  callersOf(target: Called): readonly Caller[] {
    return oncePerAddress(this.entrancesOf(target).filter(({ certain }) => certain));
  }
}

/** The entrances with each metrics address once, then those that show none. */
export function oncePerAddress(entrances: readonly Entrance[]): readonly Entrance[] {
  const readable = entrances.filter(({ address }) => address !== undefined);
  const silent = entrances.filter(({ address }) => address === undefined);
  return [...new Map(readable.map((entrance) => [entrance.address, entrance])).values(), ...silent];
}

/** Reads all of them from Consul's catalog and config entries, each list once. Throws what the reader throws. */
export async function readProxies(catalog: CatalogReader, where: ServiceRef, abort: AbortSignal): Promise<Proxies> {
  let hidden = false;
  const noting: CatalogReader = {
    get: async (...asked) => {
      const answer = await catalog.get(...asked);
      hidden ||= answer.hidden;
      return answer;
    },
  };
  const list = (kind: string) => listEntries(noting, kind, where, abort);
  const [routers, splitters, resolvers, intentions, exported, bound, agent] = await Promise.all([
    list('service-router'),
    list('service-splitter'),
    list('service-resolver'),
    list('service-intentions'),
    list('exported-services'),
    list('bound-api-gateway'),
    readAgent(noting, abort),
  ]);
  const elsewhere = await otherPlaces(noting, where, exported, abort);
  const [httpRoutes, tcpRoutes] = bound.length === 0 ? [[], []] : await Promise.all([list('http-route'), list('tcp-route')]);
  const exports = servedByExport(exported);
  const kinds = GATEWAY_KINDS.filter((kind) => kind !== 'mesh-gateway' || exports.length > 0);
  const isHere = ({ partition }: ServiceRef): boolean => partition === where.partition;
  const found = await Promise.all([
    ...[where, ...elsewhere.filter(isHere)].flatMap((place) =>
      ['connect-proxy', ...kinds].map((kind) => readKind(noting, kind, place, abort)),
    ),
    ...elsewhere
      .filter((place) => !isHere(place))
      .map(async (place) => (await readKind(noting, 'connect-proxy', place, abort)).map(lookingOut)),
  ]);
  const proxies = found.flat();
  const byRoutes = servedByRoutes({ bound, httpRoutes, tcpRoutes }, agent.version);
  const gateways = (kind: GatewayKind): readonly string[] => [
    ...new Set(proxies.filter((proxy) => proxy.kind === kind).map(({ name }) => name)),
  ];
  const ingress = await inTurns(gateways('ingress-gateway'), AT_ONCE, async (name) => {
    return [name, await listServed(noting, name, where, abort)] as const;
  });
  const entrances = new Entrances({
    proxies,
    served: new Map([...byRoutes, ...ingress, ...gateways('mesh-gateway').map((name) => [name, exports] as const)]),
    leads: new Leads({ routers, splitters, resolvers }),
    intentions: new Intentions(intentions, agent.letsByDefault),
  });
  return new Proxies(entrances, { routers, httpRoutes }, hidden);
}

/** A proxy of another partition, with what it calls outside of that: an upstream that names no partition means its own. */
function lookingOut(proxy: MeshProxy): MeshProxy {
  const upstreams = proxy.upstreams.filter(({ partition }) => partition !== undefined && partition !== proxy.partition);
  return { ...proxy, upstreams };
}

/** Further namespaces of a service that names its own, and the partitions that something is exported to, with theirs: only Consul Enterprise has any. Of what cannot be listed the default namespace is looked into. */
async function otherPlaces(
  catalog: CatalogReader,
  where: ServiceRef,
  exported: readonly Entry[],
  abort: AbortSignal,
): Promise<readonly ServiceRef[]> {
  const { namespace, ...rest } = where;
  const namespacesOf = async (partition: string | undefined): Promise<readonly string[]> => {
    const { body } = await catalog
      .get('/v1/namespaces', partition === undefined ? {} : { partition }, abort)
      .catch(() => ({ body: [] }));
    return Array.isArray(body) ? body.filter(isRecord).map(({ Name }) => String(Name)) : [];
  };
  const own = namespace === undefined ? [] : await namespacesOf(rest.partition);
  const partitions = consumingPartitions(exported, rest.partition ?? DEFAULT);
  const elsewhere = await inTurns(partitions, AT_ONCE, async (partition) => {
    const names = await namespacesOf(partition);
    return (names.length === 0 ? [DEFAULT] : names).map((name) => ({ ...rest, partition, namespace: name }));
  });
  return [...own.filter((name) => name !== namespace).map((name) => ({ ...rest, namespace: name })), ...elsewhere.flat()];
}

async function readKind(
  catalog: CatalogReader,
  kind: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly MeshProxy[]> {
  const query = { ...scope(where), filter: `ServiceKind == "${kind}"` };
  const { body } = await catalog.get('/v1/catalog/services', query, abort);
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const instances = await inTurns(names, AT_ONCE, (name) => listInstances(catalog, name, where, abort));
  return instances
    .flat()
    .filter(({ ServiceKind }) => ServiceKind === kind)
    .flatMap((instance) => proxyOf(instance) ?? []);
}

/** What an ingress gateway serves, as Consul has worked it out. */
async function listServed(
  catalog: CatalogReader,
  gateway: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly Served[]> {
  const { body } = await catalog.get(`/v1/catalog/gateway-services/${encodeURIComponent(gateway)}`, scope(where), abort);
  const rows: readonly { readonly Service?: { readonly Name?: string } }[] = Array.isArray(body) ? body : [];
  return rows.flatMap(({ Service }) => (Service?.Name === undefined ? [] : [{ name: Service.Name, enters: 'router' as const }]));
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
