import { GATEWAY_KINDS, type MeshProxy, type Upstream } from '../core/proxies.js';
import { metricsPlace } from './metrics-address.js';

/** One instance as `/v1/catalog/service` lists it; everything may be missing. */
export interface CatalogInstance {
  readonly ServiceKind?: string;
  readonly ServiceName?: string;
  readonly ServiceID?: string;
  readonly Node?: string;
  readonly Datacenter?: string;
  readonly Namespace?: string;
  readonly Partition?: string;
  readonly Address?: string;
  readonly ServiceAddress?: string;
  readonly ServiceMeta?: unknown;
  readonly ServiceProxy?: {
    readonly DestinationServiceName?: string;
    readonly Mode?: string;
    readonly Upstreams?: readonly CatalogUpstream[] | null;
    readonly Config?: Readonly<Record<string, unknown>> | null;
  } | null;
}

interface CatalogUpstream {
  readonly DestinationType?: string;
  readonly DestinationName?: string;
  readonly DestinationNamespace?: string;
  readonly DestinationPartition?: string;
  readonly DestinationPeer?: string;
  readonly Datacenter?: string;
  readonly CentrallyConfigured?: boolean;
  readonly Config?: Readonly<Record<string, unknown>> | null;
}

/** The proxy that an instance is; undefined when it is none that sends requests into the mesh. Among thousands only what tells whom they call is kept. */
export function proxyOf(instance: CatalogInstance): MeshProxy | undefined {
  const { ServiceKind, ServiceName, ServiceID, ServiceProxy, Node } = instance;
  const gateway = GATEWAY_KINDS.find((kind) => kind === ServiceKind);
  if (gateway === undefined && (ServiceKind !== 'connect-proxy' || !ServiceProxy)) return undefined;
  const own = ServiceName ?? '';
  const host = instance.ServiceAddress || instance.Address || '';
  return {
    kind: gateway ?? 'sidecar',
    name: gateway === undefined ? ServiceProxy?.DestinationServiceName || own : own,
    id: ServiceID ?? own,
    node: Node ?? '',
    ...given('datacenter', instance.Datacenter),
    ...given('namespace', instance.Namespace),
    ...given('partition', instance.Partition),
    ...metricsPlace(ServiceProxy?.Config?.envoy_prometheus_bind_addr, host, instance.ServiceMeta),
    isTransparent: gateway === undefined && ServiceProxy?.Mode === 'transparent',
    upstreams: gateway === undefined ? (ServiceProxy?.Upstreams ?? []).flatMap(upstreamOf) : [],
  };
}

function upstreamOf(upstream: CatalogUpstream): readonly Upstream[] {
  const { DestinationType, DestinationName, DestinationPeer, Config } = upstream;
  if (DestinationName === undefined || DestinationType === 'prepared_query' || DestinationPeer) return [];
  return [
    {
      name: DestinationName,
      ...given('namespace', upstream.DestinationNamespace),
      ...given('partition', upstream.DestinationPartition),
      ...given('datacenter', upstream.Datacenter),
      isTcp: String(Config?.protocol).toLowerCase() === 'tcp',
      isConfigOnly: upstream.CentrallyConfigured === true,
    },
  ];
}

function given<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value ? { [key]: value } : {}) as { readonly [P in K]?: string };
}
