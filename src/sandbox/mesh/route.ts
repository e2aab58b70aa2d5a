import { HEALTH_FIELDS } from '../../core/filter-fields.js';
import { checksOf, proxiesOf } from '../consul/catalog.js';
import { type Chain, type ChainNode, compileChain } from '../consul/chain.js';
import { findIn } from '../consul/config.js';
import { Failure } from '../consul/failure.js';
import { compileFilter } from '../consul/filter.js';
import type { JsonObject, ServiceRecord } from '../consul/records.js';
import type { State } from '../consul/state.js';
import { viewHealth } from '../consul/views.js';

/** What a proxy knows of a request when it picks a route. */
export interface RequestLine {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A place where a request may end: an Envoy cluster with its healthy instances, by version. */
export interface Cluster {
  readonly service: string;
  /** Empty where no subset was asked for. */
  readonly subset: string;
  /** The full name, as Consul hands it to Envoy. */
  readonly name: string;
  readonly versions: readonly string[];
}

/** The configuration that a sidecar obeys until the next one arrives. */
export interface ProxyConfig {
  readonly chain: Chain;
  readonly clusters: ReadonlyMap<string, Cluster>;
}

/** Reads the state as Consul would hand it to the callers' sidecars. */
export function readProxyConfig(state: State, service: string): ProxyConfig {
  const chain = compileChain(service, findIn(state), state.datacenter, state.trustDomain);
  const clusters = new Map<string, Cluster>();
  for (const target of Object.values(chain.Targets)) {
    const wanted = picks(target.Subset.Filter ?? '');
    const instances = proxiesOf(state, target.Service)
      .filter((proxy) => wanted(viewHealth(state, proxy, false)))
      .filter((proxy) => isServed(state, proxy, target.Subset.OnlyPassing === true));
    clusters.set(target.ID, {
      service: target.Service,
      subset: target.ServiceSubset ?? '',
      name: target.Name,
      versions: instances.map((proxy) => proxy.Meta?.version ?? ''),
    });
  }
  return { chain, clusters };
}

/** Whom a filter picks; one that Consul keeps and cannot evaluate picks nobody. */
function picks(filter: string): (instance: unknown) => boolean {
  try {
    return compileFilter(filter, HEALTH_FIELDS);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return () => false;
  }
}

/** Consul hands an instance in warning to Envoy as unhealthy where the subset says OnlyPassing, or where its weight in warning is 0. */
function isServed(state: State, proxy: ServiceRecord, onlyPassing: boolean): boolean {
  const refused = onlyPassing || proxy.Weights.Warning === 0 ? ['critical', 'warning'] : ['critical'];
  return checksOf(state, proxy).every((check) => !refused.includes(check.Status));
}

/** Where a request goes, and the headers that the leg which took it adds to the answer. */
export interface Way {
  readonly cluster: Cluster;
  readonly added: Readonly<Record<string, string>>;
}

/** The way of this request; splitters draw from `random`. Undefined where it leads nowhere. */
export function pickWay({ chain, clusters }: ProxyConfig, request: RequestLine, random: () => number): Way | undefined {
  let node = chain.Nodes[chain.StartNode];
  let added: Readonly<Record<string, string>> = {};
  while (node !== undefined && node.Resolver === undefined) {
    const route = node.Routes?.find(({ Definition }) => matches(Definition, request));
    const split = route === undefined ? drawSplit(node.Splits ?? [], random) : undefined;
    if (split !== undefined) added = addedBy(split.Definition);
    const next = (route ?? split)?.NextNode;
    node = next === undefined ? undefined : chain.Nodes[next];
  }
  const cluster = node?.Resolver === undefined ? undefined : clusters.get(node.Resolver.Target);
  return cluster === undefined ? undefined : { cluster, added };
}

function addedBy(definition: JsonObject): Readonly<Record<string, string>> {
  const headers = (definition.ResponseHeaders ?? {}) as JsonObject;
  return (headers.Add ?? {}) as Readonly<Record<string, string>>;
}

type Split = NonNullable<ChainNode['Splits']>[number];

function drawSplit(splits: readonly Split[], random: () => number): Split | undefined {
  let left = random() * splits.reduce((sum, split) => sum + (split.Weight ?? 0), 0);
  for (const split of splits) {
    left -= split.Weight ?? 0;
    if (left < 0) return split;
  }
  return undefined;
}

function matches(definition: JsonObject, request: RequestLine): boolean {
  const http = ((definition.Match as JsonObject | undefined)?.HTTP ?? {}) as JsonObject;
  if (typeof http.PathExact === 'string' && request.path !== http.PathExact) return false;
  if (typeof http.PathPrefix === 'string' && !request.path.startsWith(http.PathPrefix)) return false;
  if (typeof http.PathRegex === 'string' && !new RegExp(`^(?:${http.PathRegex})$`).test(request.path)) return false;
  return ((http.Header ?? []) as JsonObject[]).every((header) => matchesHeader(header, request));
}

function matchesHeader(header: JsonObject, { headers }: RequestLine): boolean {
  const value = headers[String(header.Name).toLowerCase()];
  const text = (field: string): string => String(header[field]);
  const found =
    value !== undefined &&
    (header.Present === true ||
      value === header.Exact ||
      (header.Prefix !== undefined && value.startsWith(text('Prefix'))) ||
      (header.Suffix !== undefined && value.endsWith(text('Suffix'))) ||
      (header.Contains !== undefined && value.includes(text('Contains'))) ||
      (header.Regex !== undefined && new RegExp(`^(?:${text('Regex')})$`).test(value)));
  return header.Invert === true ? !found : found;
}
