import { ChainFailure, findCycle, flattenSplitters, keepReached } from './chain-graph.js';
import type { SplitContent, SubsetContent } from './config-rules.js';
import { parseNanoseconds } from './duration.js';
import type { Json, JsonObject } from './records.js';

/** Finds the content of a config entry; undefined when there is none. */
export type FindEntry = (kind: string, name: string) => JsonObject | undefined;

/** A node of a compiled chain, as Consul answers it. */
export interface ChainNode {
  readonly Type: 'router' | 'splitter' | 'resolver';
  readonly Name: string;
  Routes?: { Definition: JsonObject; NextNode: string }[];
  Splits?: { Definition: JsonObject; Weight?: number; NextNode: string }[];
  Resolver?: {
    ConnectTimeout: string;
    RequestTimeout?: number;
    Default?: boolean;
    Target: string;
    Failover?: { Targets: string[] };
  };
  LoadBalancer?: Json;
}

/** Where a leg of the chain ends: the instances of a service that a subset's filter takes. */
export interface ChainTarget {
  readonly ConnectTimeout: string;
  readonly ID: string;
  readonly Service: string;
  readonly ServiceSubset?: string;
  readonly Namespace: string;
  readonly Partition: string;
  readonly Datacenter: string;
  readonly MeshGateway: JsonObject;
  readonly Subset: SubsetContent;
  readonly TransparentProxy: JsonObject;
  readonly SNI: string;
  readonly Name: string;
}

/** A compiled discovery chain, as Consul answers it (without the virtual addresses). */
export interface Chain {
  readonly ServiceName: string;
  readonly Namespace: string;
  readonly Partition: string;
  readonly Datacenter: string;
  readonly Default?: boolean;
  readonly Protocol: string;
  readonly StartNode: string;
  readonly Nodes: Readonly<Record<string, ChainNode>>;
  readonly Targets: Readonly<Record<string, ChainTarget>>;
}

interface ResolverContent {
  readonly DefaultSubset?: string;
  readonly Subsets?: Readonly<Record<string, SubsetContent>>;
  readonly Redirect?: { readonly Service?: string; readonly ServiceSubset?: string; readonly Datacenter?: string };
  readonly Failover?: Readonly<Record<string, FailoverContent>>;
  readonly ConnectTimeout?: string;
  readonly RequestTimeout?: string;
  readonly LoadBalancer?: Json;
}

interface FailoverContent {
  readonly Service?: string;
  readonly ServiceSubset?: string;
  readonly Datacenters?: readonly string[];
  readonly Targets?: readonly { readonly Service?: string; readonly ServiceSubset?: string; readonly Datacenter?: string }[];
}

interface Place {
  readonly service: string;
  readonly subset: string;
  readonly datacenter: string;
}

const ADVANCED = new Set(['http', 'http2', 'grpc']);
const DEFAULT_CONNECT_TIMEOUT = '5s';

/** Compiles what a request to the service goes through; throws ChainFailure with Consul's words when the entries contradict each other. */
export function compileChain(service: string, find: FindEntry, datacenter: string, trustDomain: string): Chain {
  return new Compiler(service, find, datacenter, trustDomain).compile();
}

/** The protocol that the entries give a service: its own, else the mesh's default, else tcp. An own entry without one hides the mesh's. */
export function protocolOf(service: string, find: FindEntry): string {
  const own = find('service-defaults', service);
  if (own !== undefined) return String(own.Protocol || 'tcp');
  const config = find('proxy-defaults', 'global')?.Config as JsonObject | undefined;
  return String(config?.protocol ?? 'tcp').toLowerCase();
}

class Compiler {
  private readonly service: string;
  private readonly find: FindEntry;
  private readonly datacenter: string;
  private readonly trustDomain: string;
  private readonly protocol: string;
  private readonly nodes: Record<string, ChainNode> = {};
  private readonly targets: Record<string, ChainTarget> = {};
  private advanced = false;

  constructor(service: string, find: FindEntry, datacenter: string, trustDomain: string) {
    this.service = service;
    this.find = find;
    this.datacenter = datacenter;
    this.trustDomain = trustDomain;
    this.protocol = protocolOf(service, find);
  }

  compile(): Chain {
    const start = this.addRouter(this.service) ?? this.addSplitter(this.service) ?? this.addResolver(this.at(this.service, ''));
    const cycle = findCycle(start, this.nodes);
    if (cycle !== undefined) throw new ChainFailure(`detected circular reference: [${cycle.join(' -> ')}]`);
    flattenSplitters(this.nodes);
    const nodes = keepReached(start, this.nodes);
    if (this.advanced && !ADVANCED.has(this.protocol)) {
      throw new ChainFailure(
        `discovery chain "${this.service}" uses a protocol "${this.protocol}" that does not permit advanced routing or splitting behavior`,
      );
    }
    const isDefault = nodes[start]?.Resolver?.Default === true && nodes[start]?.Resolver?.Target === this.at(this.service, '').id;
    return {
      ServiceName: this.service,
      Namespace: 'default',
      Partition: 'default',
      Datacenter: this.datacenter,
      ...(isDefault ? { Default: true } : {}),
      Protocol: this.protocol,
      StartNode: start,
      Nodes: nodes,
      Targets: this.usedTargets(nodes),
    };
  }

  private addRouter(service: string): string | undefined {
    const router = this.find('service-router', service);
    if (router === undefined) return undefined;
    this.advanced = true;
    const name = `${service}.default.default`;
    const routes = (router.Routes as JsonObject[]).map((definition) => {
      const destination = (definition.Destination ?? {}) as { Service?: string; ServiceSubset?: string };
      return { Definition: definition, NextNode: this.next(destination.Service ?? service, destination.ServiceSubset ?? '') };
    });
    const rest: JsonObject = {
      Match: { HTTP: { PathPrefix: '/' } },
      Destination: { Service: service, Namespace: 'default', Partition: 'default' },
    };
    routes.push({ Definition: rest, NextNode: this.next(service, '') });
    this.nodes[`router:${name}`] = { Type: 'router', Name: name, Routes: routes };
    return `router:${name}`;
  }

  private addSplitter(service: string): string | undefined {
    const splitter = this.find('service-splitter', service);
    if (splitter === undefined) return undefined;
    this.advanced = true;
    const name = `${service}.default.default`;
    const key = `splitter:${name}`;
    if (this.nodes[key] !== undefined) return key;
    this.checkProtocol(service);
    const node: ChainNode = { Type: 'splitter', Name: name, Splits: [] };
    this.nodes[key] = node;
    node.Splits = (splitter.Splits as unknown as SplitContent[]).map((split) => {
      const next = split.Service ?? service;
      const subset = split.ServiceSubset ?? '';
      const place = next === service ? this.addResolver(this.at(next, subset)) : this.next(next, subset);
      return {
        Definition: split as unknown as JsonObject,
        ...(split.Weight === 0 ? {} : { Weight: split.Weight }),
        NextNode: place,
      };
    });
    return key;
  }

  private next(service: string, subset: string): string {
    const splitter = subset === '' ? this.addSplitter(service) : undefined;
    return splitter ?? this.addResolver(this.at(service, subset));
  }

  private addResolver(asked: Place & { readonly id: string }): string {
    let place = asked;
    const visited = [place.id];
    for (;;) {
      this.checkProtocol(place.service);
      const resolver = this.resolverOf(place.service);
      const redirect = resolver?.Redirect;
      const onward =
        redirect !== undefined
          ? this.at(redirect.Service ?? place.service, redirect.ServiceSubset ?? '', redirect.Datacenter ?? place.datacenter)
          : place.subset === '' && resolver?.DefaultSubset !== undefined
            ? this.at(place.service, resolver.DefaultSubset, place.datacenter)
            : place;
      if (onward.id === place.id) return this.addTarget(place, resolver);
      if (visited.includes(onward.id)) {
        throw new ChainFailure(`detected circular resolver redirect: [${[...visited, onward.id].join(' -> ')}]`);
      }
      visited.push(onward.id);
      place = onward;
    }
  }

  private addTarget(place: Place & { readonly id: string }, resolver: ResolverContent | undefined): string {
    const key = `resolver:${place.id}`;
    if (this.nodes[key] !== undefined) return key;
    this.describeTarget(place, resolver);
    const failover = resolver?.Failover?.[place.subset] ?? resolver?.Failover?.['*'];
    const requestTimeout = resolver?.RequestTimeout;
    this.nodes[key] = {
      Type: 'resolver',
      Name: place.id,
      Resolver: {
        ConnectTimeout: resolver?.ConnectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
        ...(requestTimeout === undefined ? {} : { RequestTimeout: parseNanoseconds(requestTimeout) ?? 0 }),
        ...(isPlain(resolver) ? { Default: true } : {}),
        Target: place.id,
        ...(failover === undefined ? {} : { Failover: { Targets: this.addFailover(place, failover) } }),
      },
      ...(resolver?.LoadBalancer === undefined ? {} : { LoadBalancer: resolver.LoadBalancer }),
    };
    return key;
  }

  private addFailover(place: Place, failover: FailoverContent): string[] {
    const given =
      failover.Targets ?? (failover.Datacenters ?? [place.datacenter]).map((Datacenter) => ({ ...failover, Datacenter }));
    return given.map((target) => {
      const service = target.Service ?? place.service;
      const kept = service === place.service ? place.subset : '';
      const subset = target.ServiceSubset ?? (kept || (this.resolverOf(service)?.DefaultSubset ?? ''));
      const backup = this.at(service, subset, target.Datacenter ?? place.datacenter);
      this.describeTarget(backup, this.resolverOf(service));
      return backup.id;
    });
  }

  private describeTarget(place: Place & { readonly id: string }, resolver: ResolverContent | undefined): void {
    const subset = place.subset === '' ? {} : resolver?.Subsets?.[place.subset];
    if (subset === undefined) throw new ChainFailure(`service "${place.service}" does not have a subset named "${place.subset}"`);
    const prefix = place.subset === '' ? '' : `${place.subset}.`;
    const name = `${prefix}${place.service}.default.${place.datacenter}.internal.${this.trustDomain}`;
    this.targets[place.id] = {
      ConnectTimeout: resolver?.ConnectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      ID: place.id,
      Service: place.service,
      ...(place.subset === '' ? {} : { ServiceSubset: place.subset }),
      Namespace: 'default',
      Partition: 'default',
      Datacenter: place.datacenter,
      MeshGateway: {},
      Subset: subset,
      TransparentProxy: {},
      SNI: name,
      Name: name,
    };
  }

  private checkProtocol(service: string): void {
    const protocol = protocolOf(service, this.find);
    if (protocol === this.protocol) return;
    throw new ChainFailure(
      `discovery chain "${this.service}" uses inconsistent protocols; service "${service}" has "${protocol}" which is not "${this.protocol}"`,
    );
  }

  private usedTargets(nodes: Readonly<Record<string, ChainNode>>): Record<string, ChainTarget> {
    const used = Object.values(nodes).flatMap(({ Resolver }) =>
      Resolver === undefined ? [] : [Resolver.Target, ...(Resolver.Failover?.Targets ?? [])],
    );
    return Object.fromEntries([...new Set(used)].sort().map((id) => [id, this.targets[id] as ChainTarget]));
  }

  private resolverOf(service: string): ResolverContent | undefined {
    return this.find('service-resolver', service) as ResolverContent | undefined;
  }

  private at(service: string, subset: string, datacenter = this.datacenter): Place & { readonly id: string } {
    return { service, subset, datacenter, id: `${subset === '' ? '' : `${subset}.`}${service}.default.default.${datacenter}` };
  }
}

/** Whether a resolver says nothing: then Consul calls what it resolves to a default. */
function isPlain(resolver: ResolverContent | undefined): boolean {
  return resolver === undefined || Object.keys(resolver).every((field) => ['Kind', 'Name', 'Meta'].includes(field));
}
