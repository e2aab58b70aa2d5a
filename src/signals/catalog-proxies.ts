import type { ServiceRef } from '../core/plan.js';

/** One instance as `/v1/catalog/service` lists it; everything may be missing. */
export interface CatalogInstance {
  readonly Datacenter?: string;
  readonly ServiceKind?: string;
  readonly ServiceName?: string;
  readonly Address?: string;
  readonly ServiceAddress?: string;
  readonly ServiceProxy?: {
    readonly DestinationServiceName?: string;
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
  readonly Config?: Readonly<Record<string, unknown>> | null;
}

/** Whether this sidecar calls the service: one of its upstreams names it, or it stands before a service that is listed as a caller. */
export function isCaller(instance: CatalogInstance, target: ServiceRef, callers: readonly string[]): boolean {
  const proxy = instance.ServiceProxy;
  if (instance.ServiceKind !== 'connect-proxy' || !proxy) return false;
  if (proxy.DestinationServiceName !== undefined && callers.includes(proxy.DestinationServiceName)) return true;
  return (proxy.Upstreams ?? []).some((upstream) => names(upstream, target));
}

/** Whether it speaks plain tcp to the service, by its own override. */
export function speaksTcp(instance: CatalogInstance, target: ServiceRef): boolean {
  return (instance.ServiceProxy?.Upstreams ?? []).some(
    (upstream) => names(upstream, target) && String(upstream.Config?.protocol).toLowerCase() === 'tcp',
  );
}

function names(upstream: CatalogUpstream, target: ServiceRef): boolean {
  if (upstream.DestinationName !== target.service) return false;
  if (upstream.DestinationType === 'prepared_query' || upstream.DestinationPeer) return false;
  return (
    agrees(upstream.DestinationNamespace, target.namespace) &&
    agrees(upstream.DestinationPartition, target.partition) &&
    agrees(upstream.Datacenter, target.datacenter)
  );
}

/** What either side leaves open is its own default, which the other cannot contradict. */
function agrees(one: string | undefined, other: string | undefined): boolean {
  return !one || !other || one === other;
}
