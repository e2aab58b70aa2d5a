import { COUNTED, type Coverage } from '../core/coverage.js';
import { CallerList } from './caller-list.js';
import type { CatalogReader } from './catalog-reader.js';
import type { Family } from './envoy-metrics.js';
import type { Sided } from './instance-proxies.js';
import { InstanceSide } from './instance-side.js';
import { Ledger } from './ledger.js';
import type { Pages } from './pages.js';
import type { Called } from './proxies.js';
import type { ProxyDirectory } from './proxy-directory.js';
import { type Ledgers, Sidecar } from './sidecar.js';
import { Sight } from './sight.js';

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

/** One service as both sides count it: its callers, and for what no caller counts its instances. */
export class EnvoyTarget {
  readonly ledgers: Ledgers = { classes: new Ledger(), retried: new Ledger(), latency: new Ledger(), statuses: new Ledger() };
  readonly instances: InstanceSide;
  readonly #sight = new Sight();
  readonly #target: Called & Sided;
  readonly #list: CallerList;
  readonly #pages: Pages;
  readonly #now: () => number;
  #sidecars = new Map<string, Sidecar>();
  #last: { readonly at: number; readonly look: Promise<Look> } | undefined;
  #underWay = false;
  #latencyAsked = false;
  #latencyAt = Number.NEGATIVE_INFINITY;

  constructor(catalog: CatalogReader, directory: ProxyDirectory, target: Called & Sided, pages: Pages, now: () => number) {
    this.#target = target;
    this.instances = new InstanceSide(catalog, target, pages, now);
    this.#list = new CallerList(catalog, directory, target, now);
    this.#pages = pages;
    this.#now = now;
  }

  /** Whether callers speak gRPC to the service, whose answers say in a status of their own how they ended. */
  get isGrpc(): boolean {
    return (this.#list.protocol ?? this.instances.protocol) === 'grpc';
  }

  /** How much of a subset's requests its callers counted: of the last seconds, or of all since this target is looked at. */
  coverage(subset: string, of: 'lately' | 'overall'): Coverage {
    return this.#sight[of](subset, this.instances.instances(subset));
  }

  /** Scrapes all callers, or joins the scrape that is under way or just was. Never throws. */
  look(withLatency: boolean, abort: AbortSignal): Promise<Look> {
    this.#latencyAsked ||= withLatency;
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
    const withLatency = this.#latencyAsked && at - this.#latencyAt >= LATENCY_EVERY;
    if (withLatency) this.#latencyAt = at;
    const families = new Set<Family>(['classes', 'retried']);
    if (withLatency) families.add('latency');
    if (this.isGrpc) families.add('statuses');
    const fresh = this.instances.settle(at);
    // One that failed is tried again, but only waited for when there is no other: a dead sidecar must not slow the rest.
    const hopeful = sidecars.filter(({ read }) => read !== false);
    const looks = new Map(sidecars.map((sidecar) => [sidecar, sidecar.look(this.#target, this.ledgers, families)]));
    await Promise.all((hopeful.length > 0 ? hopeful : sidecars).map((sidecar) => looks.get(sidecar)));
    const read = sidecars.filter((sidecar) => sidecar.read === true).length;
    const found = this.#list.callers?.length ?? 0;
    this.#note(at, fresh);
    this.instances.look(at, read < found || this.#misses, abort);
    return read > 0 ? { at, found, read } : { at, found, read, trouble: this.#explain(sidecars) };
  }

  #note(at: number, fresh: ReadonlySet<string>): void {
    const since = {
      callers: this.ledgers.classes.take('sight'),
      retried: this.ledgers.retried.take('sight'),
      instances: this.instances.take('sight', 'classes', at),
    };
    this.#sight.add(at, since, fresh);
  }

  /** Whether something may come that no caller counts: it does, or canary has got nothing yet that would tell. */
  get #misses(): boolean {
    const { stable, canary } = this.#target;
    const share = this.coverage(canary, 'lately').share ?? 0;
    return Math.min(share, this.coverage(stable, 'lately').share ?? 1) < COUNTED;
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
