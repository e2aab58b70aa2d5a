import { agrees } from './agrees.js';
import type { Intentions } from './intentions.js';
import type { Leads, Stage } from './leads.js';
import { type MetricsAccess, metricsOf } from './metrics-access.js';
import type { ServiceRef } from './plan.js';
import type { MeshProxy, Upstream } from './proxies.js';
import type { Served } from './served.js';

/** A way by which requests reach a service. */
export interface Entrance {
  readonly kind: MeshProxy['kind'] | 'transparent';
  /** The service that calls, or the gateway. */
  readonly name: string;
  /** Of the proxy's registration. */
  readonly id: string;
  readonly node: string;
  readonly datacenter?: string;
  /** host:port of its metrics; absent where it shows none, and `why` says so. */
  readonly address?: string;
  readonly why?: string;
  /** The names by which it calls: the service's own, and others that lead here. */
  readonly via: readonly string[];
  /** False where it only may call: a transparent proxy that intentions let in. */
  readonly certain: boolean;
  /** It speaks plain tcp to one of these names: Consul puts no router and no splitter before that. */
  readonly isTcp: boolean;
  /** All that it sends passes the service's splitter; otherwise no weight moves some of it, or any. */
  readonly isSplit: boolean;
  /** All that it sends passes the service's own router, where testers and sticky users are told apart. */
  readonly isRouted: boolean;
}

/** Whose entrances: the service, and services whose proxies count as entrances though nothing says so. */
export interface Called extends ServiceRef {
  readonly callers: readonly string[];
  /** The datacenters whose entrances count; absent: all that are known. */
  readonly datacenters?: readonly string[];
  /** How the metrics of its callers and instances are reached. */
  readonly metrics?: MetricsAccess;
}

/** All that tells who calls whom. */
export interface EntranceFacts {
  readonly proxies: readonly MeshProxy[];
  /** By the gateway's name; of a mesh gateway all that is exported. `*` is every name. */
  readonly served: ReadonlyMap<string, readonly Served[]>;
  readonly leads: Leads;
  readonly intentions: Intentions;
}

/** How a proxy's requests arrive, by the name that they are sent to. */
interface Arrival {
  readonly via: string;
  readonly at: ReadonlySet<Stage>;
  readonly isTcp: boolean;
  readonly certain: boolean;
}

const EVERY = '*';

/** Every entrance of every service, of one reading of the catalog and the config entries. */
export class Entrances {
  readonly #facts: EntranceFacts;
  readonly #byName = new Map<string, MeshProxy[]>();
  readonly #transparent: readonly MeshProxy[];

  constructor(facts: EntranceFacts) {
    this.#facts = facts;
    this.#transparent = facts.proxies.filter(({ isTransparent }) => isTransparent);
    for (const proxy of facts.proxies)
      for (const name of this.#namesOf(proxy)) {
        const own = this.#byName.get(name);
        if (own === undefined) this.#byName.set(name, [proxy]);
        else own.push(proxy);
      }
  }

  /** Those of one service: first the certain ones, in the catalog's order. */
  of(target: Called): readonly Entrance[] {
    const leads = this.#facts.leads.to(target);
    const names = new Set([target.service, EVERY, ...leads.map(({ name }) => name), ...target.callers]);
    const proxies = new Set([...names].flatMap((name) => this.#byName.get(name) ?? []));
    const certain = [...proxies].flatMap((proxy) => entranceOf(proxy, this.#arrivals(proxy, target), target.metrics));
    const known = new Set(certain.map(keyOf));
    // Most have nothing configured, and there may be thousands.
    const usual = this.#openings([], target);
    const possible = this.#transparent
      .filter((proxy) => this.#letsIn(proxy, target))
      .flatMap((proxy) =>
        entranceOf(proxy, proxy.upstreams.length === 0 ? usual : this.#openings(proxy.upstreams, target), target.metrics),
      )
      .filter((entrance) => !known.has(keyOf(entrance)));
    return [...certain, ...possible];
  }

  #namesOf(proxy: MeshProxy): ReadonlySet<string> {
    const upstreams = proxy.upstreams.filter(({ isConfigOnly }) => !isConfigOnly).map(({ name }) => name);
    return new Set([proxy.name, ...upstreams, ...(this.#servedBy(proxy) ?? []).map(({ name }) => name)]);
  }

  #servedBy({ kind, name }: MeshProxy): readonly Served[] | undefined {
    return kind === 'sidecar' ? undefined : this.#facts.served.get(name);
  }

  #arrivals(proxy: MeshProxy, target: Called): readonly Arrival[] {
    const listed: readonly Arrival[] = target.callers.includes(proxy.name)
      ? [{ via: target.service, at: new Set(['router']), isTcp: false, certain: true }]
      : [];
    const served = (this.#servedBy(proxy) ?? []).flatMap(({ name, enters }) =>
      name === EVERY ? this.#byAnyName(enters, target) : this.#arrival(name, enters, target),
    );
    const called = proxy.upstreams
      .filter(({ isConfigOnly }) => !isConfigOnly)
      .flatMap((upstream) => this.#arrival(upstream.name, upstream.isTcp ? 'resolver' : 'router', target, upstream, proxy));
    const found = [...served, ...called];
    return found.length > 0 ? found : listed;
  }

  /** How a transparent proxy with these upstreams would arrive. */
  #openings(upstreams: readonly Upstream[], target: Called): readonly Arrival[] {
    const config = [target.service, EVERY].map((one) => upstreams.find(({ name }) => name === one));
    const isTcp = config.find((one) => one !== undefined)?.isTcp === true;
    return this.#byAnyName(isTcp ? 'resolver' : 'router', target).map((arrival) => ({ ...arrival, certain: false }));
  }

  /** It may call by the service's own name or by any that leads here; which one, nobody says, so only its own tells where requests arrive. */
  #byAnyName(enters: Stage, target: Called): readonly Arrival[] {
    const others = new Set(this.#facts.leads.to(target).map(({ name }) => name));
    return [
      ...this.#arrival(target.service, enters, target),
      ...[...others].map((via): Arrival => ({ via, at: new Set(), isTcp: false, certain: true })),
    ];
  }

  #arrival(name: string, enters: Stage, target: Called, upstream?: Upstream, from?: MeshProxy): readonly Arrival[] {
    const base = { via: name, isTcp: enters === 'resolver', certain: true };
    // An upstream means its own proxy's namespace where it names none.
    const isHere =
      name === target.service &&
      agrees(upstream?.namespace ?? from?.namespace, target.namespace) &&
      agrees(upstream?.partition ?? from?.partition, target.partition) &&
      agrees(upstream?.datacenter, target.datacenter);
    if (isHere) return [{ ...base, at: new Set([enters]) }];
    const leads = this.#facts.leads.to(target).filter((lead) => lead.name === name && lead.enters === enters);
    return leads.map(({ arrives }) => ({ ...base, at: arrives }));
  }

  #letsIn({ name, namespace, partition }: MeshProxy, { service, ...target }: Called): boolean {
    const source = { name, ...(namespace === undefined ? {} : { namespace }), ...(partition === undefined ? {} : { partition }) };
    const lets = this.#facts.intentions.lets(source, {
      name: service,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      ...(target.partition === undefined ? {} : { partition: target.partition }),
    });
    // Where the default is not known it may be open.
    return lets !== false;
  }
}

function entranceOf(proxy: MeshProxy, arrivals: readonly Arrival[], access: MetricsAccess | undefined): readonly Entrance[] {
  if (arrivals.length === 0) return [];
  const stages = new Set(arrivals.flatMap(({ at }) => [...at]));
  const { name, id, node, datacenter } = proxy;
  return [
    {
      kind: proxy.kind === 'sidecar' && proxy.isTransparent ? 'transparent' : proxy.kind,
      name,
      id,
      node,
      ...(datacenter === undefined ? {} : { datacenter }),
      ...metricsOf(proxy, access),
      via: [...new Set(arrivals.map(({ via }) => via))],
      certain: arrivals.some(({ certain }) => certain),
      isTcp: arrivals.some(({ isTcp }) => isTcp),
      isSplit: !stages.has('resolver'),
      isRouted: stages.size === 1 && stages.has('router'),
    },
  ];
}

function keyOf({ node, id }: Pick<Entrance, 'node' | 'id'>): string {
  return `${node}/${id}`;
}
