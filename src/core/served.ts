import type { Entry } from './entries.js';
import { isRecord } from './is-record.js';
import type { Stage } from './leads.js';

/** A name that a gateway serves, and where its requests enter that name's chain. */
export interface Served {
  readonly name: string;
  readonly enters: Stage;
}

/** The entries that tell what API gateways serve. */
export interface GatewayRoutes {
  readonly bound: readonly Entry[];
  readonly httpRoutes: readonly Entry[];
  readonly tcpRoutes: readonly Entry[];
}

/** From which version on Consul composes a service's router into the chain of an API gateway. */
const COMPOSES_ROUTERS = 2;

/** What each API gateway serves, by the routes that are bound to it; before Consul 2.0 (or where `version` is not known) past the service's router. */
export function servedByRoutes(
  { bound, httpRoutes, tcpRoutes }: GatewayRoutes,
  version: string | undefined,
): ReadonlyMap<string, readonly Served[]> {
  const http: Stage = Number.parseInt(version ?? '', 10) >= COMPOSES_ROUTERS ? 'router' : 'splitter';
  return new Map(
    bound.map((gateway) => {
      const routes = records(gateway.Listeners).flatMap(({ Routes }) => records(Routes));
      const names = (kind: string, entries: readonly Entry[]): readonly string[] => {
        const own = routes.filter(({ Kind }) => Kind === kind).map(({ Name }) => Name);
        const listed = isRecord(gateway.Services) ? Object.entries(gateway.Services) : [];
        return [
          ...listed.filter(([, refs]) => records(refs).some(({ Kind }) => Kind === kind)).map(([key]) => key.split('/').at(-1)!),
          ...entries.filter(({ Name }) => own.includes(Name)).flatMap(servicesOf),
        ];
      };
      const served = [
        ...[...new Set(names('http-route', httpRoutes))].map((name): Served => ({ name, enters: http })),
        ...[...new Set(names('tcp-route', tcpRoutes))].map((name): Served => ({ name, enters: 'resolver' })),
      ];
      return [String(gateway.Name), served] as const;
    }),
  );
}

/** What mesh gateways let other clusters and partitions reach: all that is exported, `*` for everything. */
export function servedByExport(exported: readonly Entry[]): readonly Served[] {
  const services = exported.flatMap(({ Services }) => records(Services));
  const names = services.filter(({ Consumers }) => records(Consumers).length > 0).map(({ Name }) => String(Name));
  return [...new Set(names)].map((name) => ({ name, enters: 'router' }));
}

/** The other partitions whose services may reach something that is exported from here. Consul's community edition has none, and refuses to name one. */
export function consumingPartitions(exported: readonly Entry[], own: string): readonly string[] {
  const consumers = exported.flatMap(({ Services }) => records(Services)).flatMap(({ Consumers }) => records(Consumers));
  const partitions = consumers.flatMap(({ Partition }) => (typeof Partition === 'string' && Partition !== '' ? [Partition] : []));
  return [...new Set(partitions)].filter((name) => name !== own);
}

function servicesOf(route: Entry): readonly string[] {
  const services = [...records(route.Services), ...records(route.Rules).flatMap((rule) => records(rule.Services))];
  return services.map(({ Name }) => String(Name));
}

function records(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
