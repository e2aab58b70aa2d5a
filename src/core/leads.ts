import { agrees } from './agrees.js';
import type { Entry } from './entries.js';
import { isRecord } from './is-record.js';
import type { ServiceRef } from './plan.js';

/** A part of a name's discovery chain, in the order in which a request passes them. */
export type Stage = 'router' | 'splitter' | 'resolver';

/** The entries of which discovery chains are made, of all services. */
export interface ChainEntries {
  readonly routers: readonly Entry[];
  readonly splitters: readonly Entry[];
  readonly resolvers: readonly Entry[];
}

/** A name whose chain, entered at a stage, leads on to the service, and the stages of the service's own chain at which it arrives. */
export interface Lead {
  readonly name: string;
  readonly enters: Stage;
  readonly arrives: ReadonlySet<Stage>;
}

/** A name where it lives; an empty namespace or partition is the usual one. */
interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly partition: string;
}

interface Hop {
  readonly stage: Stage;
  readonly to: Place;
}

const STAGES: readonly Stage[] = ['router', 'splitter', 'resolver'];

/**
 * Which names lead to which services through routers, splitters, redirects and failovers, whatever the depth; circles end. As Consul compiles
 * chains: a route or a leg without a subset goes on at the splitter of its service, past its router; a redirect, a failover or a subset at its resolver.
 */
export class Leads {
  readonly #routers: ReadonlyMap<string, readonly Entry[]>;
  readonly #splitters: ReadonlyMap<string, readonly Entry[]>;
  readonly #resolvers: ReadonlyMap<string, readonly Entry[]>;
  readonly #byService = new Map<string, { readonly place: Place; readonly lead: Lead }[]>();

  constructor({ routers, splitters, resolvers }: ChainEntries) {
    this.#routers = byName(routers);
    this.#splitters = byName(splitters);
    this.#resolvers = byName(resolvers);
    const starts = [
      ...routers,
      ...splitters,
      ...resolvers.filter((entry) => isRecord(entry.Redirect) || isRecord(entry.Failover)),
    ];
    const places = new Map(starts.map((entry) => [keyOf(placeOf(entry)), placeOf(entry)]));
    for (const start of places.values()) for (const enters of STAGES) this.#follow(start, enters);
  }

  /** The other names that lead to this service. */
  to({ service, namespace, partition }: ServiceRef): readonly Lead[] {
    return (this.#byService.get(service) ?? [])
      .filter(({ place }) => agrees(place.namespace, namespace) && agrees(place.partition, partition))
      .map(({ lead }) => lead);
  }

  #follow(start: Place, enters: Stage): void {
    const arrived = new Map<string, { readonly place: Place; readonly arrives: Set<Stage> }>();
    const seen = new Set<string>();
    const open: Hop[] = [{ stage: enters, to: start }];
    for (let hop = open.pop(); hop !== undefined; hop = open.pop()) {
      const key = keyOf(hop.to);
      if (seen.has(`${hop.stage} ${key}`)) continue;
      seen.add(`${hop.stage} ${key}`);
      for (const next of this.#hops(hop)) {
        open.push(next);
        // What a service's own router and splitter do within it is no arrival.
        if (next.to.name === hop.to.name || next.to.name === start.name) continue;
        const known = arrived.get(keyOf(next.to)) ?? { place: next.to, arrives: new Set<Stage>() };
        arrived.set(keyOf(next.to), known);
        known.arrives.add(next.stage);
      }
    }
    for (const { place, arrives } of arrived.values()) {
      const leads = this.#byService.get(place.name) ?? [];
      this.#byService.set(place.name, leads);
      leads.push({ place, lead: { name: start.name, enters, arrives } });
    }
  }

  #hops({ stage, to }: Hop): readonly Hop[] {
    switch (stage) {
      case 'router':
        // What no route takes goes to the service itself.
        return [...this.#of(this.#routers, to).flatMap((entry) => routes(entry, to)), { stage: 'splitter', to }];
      case 'splitter': {
        const own = this.#of(this.#splitters, to);
        return own.length === 0 ? [{ stage: 'resolver', to }] : own.flatMap((entry) => legs(entry, to));
      }
      case 'resolver':
        return this.#of(this.#resolvers, to).flatMap((entry) => detours(entry, to));
    }
  }

  #of(entries: ReadonlyMap<string, readonly Entry[]>, { name, namespace, partition }: Place): readonly Entry[] {
    return (entries.get(name) ?? []).filter(
      (entry) => agrees(text(entry.Namespace), namespace) && agrees(text(entry.Partition), partition),
    );
  }
}

function routes(entry: Entry, from: Place): readonly Hop[] {
  return records(entry.Routes).map(({ Destination }) => {
    const destination = isRecord(Destination) ? Destination : {};
    return { stage: text(destination.ServiceSubset) === '' ? 'splitter' : 'resolver', to: placeFrom(destination, from) };
  });
}

function legs(entry: Entry, from: Place): readonly Hop[] {
  return records(entry.Splits).map((split) => {
    const to = placeFrom(split, from);
    return { stage: text(split.ServiceSubset) === '' && to.name !== from.name ? 'splitter' : 'resolver', to };
  });
}

function detours(entry: Entry, from: Place): readonly Hop[] {
  const redirects = isRecord(entry.Redirect) ? [entry.Redirect] : [];
  const failovers = isRecord(entry.Failover) ? Object.values(entry.Failover).filter(isRecord) : [];
  const targets = failovers.flatMap((failover) => [failover, ...records(failover.Targets)]);
  return [...redirects, ...targets]
    .filter((to) => text(to.Peer) === '')
    .map((to) => ({ stage: 'resolver', to: placeFrom(to, from) }));
}

function placeFrom(destination: Entry, from: Place): Place {
  return {
    name: text(destination.Service) || from.name,
    namespace: text(destination.Namespace) || from.namespace,
    partition: text(destination.Partition) || from.partition,
  };
}

function placeOf(entry: Entry): Place {
  return { name: text(entry.Name), namespace: text(entry.Namespace), partition: text(entry.Partition) };
}

function keyOf({ name, namespace, partition }: Place): string {
  return `${partition}/${namespace}/${name}`;
}

function byName(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const sorted = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = text(entry.Name);
    const own = sorted.get(name);
    if (own === undefined) sorted.set(name, [entry]);
    else own.push(entry);
  }
  return sorted;
}

function records(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
