import { CallerList } from './caller-list.js';
import type { CatalogReader } from './catalog-reader.js';
import type { Family } from './envoy-metrics.js';
import { Ledger } from './ledger.js';
import type { Pages } from './pages.js';
import type { Called } from './proxies.js';
import type { ProxyDirectory } from './proxy-directory.js';
import { type Ledgers, Sidecar } from './sidecar.js';
import { Trials } from './trials.js';

/** A scrape that began so recently is taken as present, ms. */
const FRESH = 50;
/** Envoy moves its histograms every few seconds; looking more often is for nothing. */
const LATENCY_EVERY = 1_000;

/** How a look at the callers went. `trouble` says why nothing could be read: `none` when there is no caller at all. */
export interface Look {
  readonly at: number;
  readonly found: number;
  readonly read: number;
  readonly trouble?: { readonly kind: 'none' | 'error'; readonly why: string };
}

/** The callers of one service and all that they counted. */
export class EnvoyTarget {
  readonly ledgers: Ledgers = {
    classes: new Ledger(),
    codes: new Ledger(),
    latency: new Ledger(),
    statuses: new Ledger(),
    requests: new Ledger(),
  };
  readonly #trials = new Map<string, Trials>();
  readonly #target: Called;
  readonly #list: CallerList;
  readonly #pages: Pages;
  readonly #now: () => number;
  #sidecars = new Map<string, Sidecar>();
  #last: { readonly at: number; readonly look: Promise<Look> } | undefined;
  #underWay = false;
  readonly #asked = new Set<Family>();
  #latencyAt = Number.NEGATIVE_INFINITY;

  constructor(catalog: CatalogReader, directory: ProxyDirectory, target: Called, pages: Pages, now: () => number) {
    this.#target = target;
    this.#list = new CallerList(catalog, directory, target, now);
    this.#pages = pages;
    this.#now = now;
  }

  /** Whether callers speak gRPC to the service, whose answers say in a status of their own how they ended. */
  get isGrpc(): boolean {
    return this.#list.protocol === 'grpc';
  }

  /** The trials of one signal, look by look. */
  trialsOf(signal: string): Trials {
    const known = this.#trials.get(signal) ?? new Trials();
    this.#trials.set(signal, known);
    return known;
  }

  /** Scrapes all callers, or joins the scrape that is under way or just was; a family that was asked for once is read from then on. Never throws. */
  look(families: Iterable<Family>, abort: AbortSignal): Promise<Look> {
    for (const family of families) this.#asked.add(family);
    const at = this.#now();
    if (this.#last !== undefined && (this.#underWay || Math.abs(at - this.#last.at) < FRESH)) return this.#last.look;
    this.#underWay = true;
    const look = this.#look(at, abort).finally(() => {
      this.#underWay = false;
    });
    this.#last = { at, look };
    return look;
  }

  async #look(at: number, abort: AbortSignal): Promise<Look> {
    const readable = [...this.#sidecars.values()].some(({ read }) => read !== false);
    await this.#list.refresh(readable, abort);
    this.#follow();
    const sidecars = [...this.#sidecars.values()];
    const families = new Set<Family>(['classes', 'requests', ...this.#asked]);
    if (at - this.#latencyAt < LATENCY_EVERY) families.delete('latency');
    if (families.has('latency')) this.#latencyAt = at;
    if (this.isGrpc) families.add('statuses');
    // One that failed is tried again, but only waited for when there is no other: a dead sidecar must not slow the rest.
    const hopeful = sidecars.filter(({ read }) => read !== false);
    const looks = new Map(sidecars.map((sidecar) => [sidecar, sidecar.look(this.#target, this.ledgers, families)]));
    await Promise.all((hopeful.length > 0 ? hopeful : sidecars).map((sidecar) => looks.get(sidecar)));
    const read = sidecars.filter((sidecar) => sidecar.read === true).length;
    const found = this.#list.callers?.length ?? 0;
    return read > 0 ? { at, found, read } : { at, found, read, trouble: this.#explain(sidecars) };
  }

  /** Keeps a sidecar's base line as long as it is listed, and no longer. */
  #follow(): void {
    const addresses = (this.#list.callers ?? []).flatMap(({ address }) => address ?? []);
    this.#sidecars = new Map(
      addresses.map((address) => [address, this.#sidecars.get(address) ?? new Sidecar(address, this.#pages)]),
    );
  }

  #explain(sidecars: readonly Sidecar[]): NonNullable<Look['trouble']> {
    const { service } = this.#target;
    const { callers } = this.#list;
    if (callers === undefined) return { kind: 'error', why: `the callers of ${service} cannot be found: ${this.#list.why}` };
    if (callers.length === 0 && this.#list.hidden) {
      const why = `no caller of ${service} is seen, and ACLs hide part of the catalog from this token; it needs service:read on the sidecars of the callers, and node:read`;
      return { kind: 'error', why };
    }
    if (callers.length === 0) {
      const why = `no caller of ${service} is registered: no sidecar has it among its upstreams and no gateway serves it; name the calling services under "callers" in the plan`;
      return { kind: 'none', why };
    }
    const names = [...new Set(callers.map(({ name }) => name))];
    const listed = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
    const first = sidecars[0];
    if (first === undefined) {
      const why = `no caller of ${service} shows its metrics (${listed}); set envoy_prometheus_bind_addr = "0.0.0.0:9102" in the Config of proxy-defaults and restart these proxies`;
      return { kind: 'error', why };
    }
    const why = `no caller of ${service} can be read (${listed}); ${first.address}: ${first.why}; check that envoy_prometheus_bind_addr is set to an address that this machine reaches, and that the proxy was restarted since`;
    return { kind: 'error', why };
  }
}
