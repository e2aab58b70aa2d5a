import { setTimeout as sleep } from 'node:timers/promises';
import { COUNTED, type Coverage } from '../core/coverage.js';
import { CallerList } from './caller-list.js';
import { CallerNews } from './caller-news.js';
import type { CatalogReader } from './catalog-reader.js';
import type { Family } from './envoy-metrics.js';
import type { Sided } from './instance-proxies.js';
import { InstanceSide } from './instance-side.js';
import { Ledger } from './ledger.js';
import type { LookupBudget } from './lookup-budget.js';
import type { Pages } from './pages.js';
import type { Called, Caller } from './proxies.js';
import type { ProxyDirectory } from './proxy-directory.js';
import { type Ledgers, Sidecar } from './sidecar.js';
import { Sight } from './sight.js';
import { Trials } from './trials.js';

/** A scrape that began so recently is taken as present, ms. */
const FRESH = 50;
/** Envoy moves its histograms every few seconds; looking more often is for nothing. */
const LATENCY_EVERY = 1_000;
/** Numbers that are older are said to be so, ms. */
const STALE = 1_500;
/** How long the first look waits for the first page of every caller, and how often it asks, ms. */
const OPENING = 10_000;
const OPENING_STEP = 50;

/** How a look at the callers went. `trouble` says why nothing could be read: `none` when there is no caller at all. */
export interface Look {
  readonly at: number;
  readonly found: number;
  readonly read: number;
  /** How old the oldest number of a readable caller is, ms; absent below a second and a half. */
  readonly age?: number;
  /** Addresses at which two Envoys answer by turns; absent where there is none. */
  readonly turns?: readonly string[];
  readonly trouble?: { readonly kind: 'none' | 'error'; readonly why: string };
}

/** What all services share that are looked up in Consul. */
export interface Searches {
  readonly directory: ProxyDirectory;
  readonly lookups: LookupBudget;
}

/** One service as both sides count it: its callers, and for what no caller counts its instances. */
export class EnvoyTarget {
  readonly ledgers: Ledgers = {
    classes: new Ledger(),
    retried: new Ledger(),
    codes: new Ledger(),
    latency: new Ledger(),
    statuses: new Ledger(),
    requests: new Ledger(),
  };
  /** What each caller told by itself. */
  readonly news = new CallerNews();
  readonly instances: InstanceSide;
  readonly #trials = new Map<string, Trials>();
  readonly #sight = new Sight();
  readonly #target: Called & Sided;
  readonly #list: CallerList;
  readonly #pages: Pages;
  readonly #now: () => number;
  /** By address, the one that waits longest for its turn first. */
  #sidecars = new Map<string, Sidecar>();
  #followed: readonly Caller[] | undefined;
  #byAddress: ReadonlyMap<string, Caller> = new Map();
  readonly #latencyAt = new WeakMap<Sidecar, number>();
  #last: { readonly at: number; readonly look: Promise<Look> } | undefined;
  #underWay = false;
  readonly #asked = new Set<Family>();

  constructor(catalog: CatalogReader, { directory, lookups }: Searches, target: Called & Sided, pages: Pages, now: () => number) {
    this.#target = target;
    this.instances = new InstanceSide(catalog, target, pages, lookups, now);
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

  /** Who answers at this metrics address, as far as that is known. */
  callerAt(address: string): Caller | undefined {
    return this.#byAddress.get(address);
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
    const isAnyReadable = [...this.#sidecars.values()].some(({ read }) => read !== false);
    await this.#list.refresh(isAnyReadable, abort);
    this.#follow();
    await this.#scrape(at);
    // The first look is a base line: it is one only once every caller has had its turn.
    for (let i = 0; i < OPENING / OPENING_STEP && this.#waiting() && !abort.aborted; i++) {
      await sleep(OPENING_STEP);
      await this.#scrape(this.#now());
    }
    const sidecars = [...this.#sidecars.values()];
    const readable = sidecars.filter((sidecar) => sidecar.read === true);
    const read = readable.length;
    const found = this.#list.callers?.length ?? 0;
    // What the instances counted is held against callers that were all read after that, however seldom each has its turn.
    this.#note(at, this.instances.settle(Math.min(at, ...readable.map(({ countedAt }) => countedAt))));
    this.instances.look(at, read < found || this.#misses, abort);
    if (read === 0) return { at, found, read, trouble: this.#explain(sidecars) };
    const age = at - Math.min(at, ...readable.map(({ countedAt }) => countedAt));
    const turns = readable.filter((sidecar) => sidecar.hasTurns(at)).map(({ address }) => address);
    return { at, found, read, ...(age > STALE ? { age } : {}), ...(turns.length > 0 ? { turns } : {}) };
  }

  /** Reads all those whose turn it is, and puts them behind the others. */
  async #scrape(at: number): Promise<void> {
    const asked = new Map<string, { readonly sidecar: Sidecar; readonly look: Promise<void> }>();
    const families = this.#families;
    const withoutLatency = new Set([...families].filter((family) => family !== 'latency'));
    for (const [address, sidecar] of this.#sidecars) {
      const isSoon = at - (this.#latencyAt.get(sidecar) ?? Number.NEGATIVE_INFINITY) < LATENCY_EVERY;
      const wanted = isSoon ? withoutLatency : families;
      const look = sidecar.look(this.#target, this, wanted);
      if (look === undefined) continue;
      if (wanted.has('latency')) this.#latencyAt.set(sidecar, at);
      asked.set(address, { sidecar, look });
    }
    for (const [address, { sidecar }] of asked) {
      this.#sidecars.delete(address);
      this.#sidecars.set(address, sidecar);
    }
    // One that failed is tried again, but only waited for when there is no other: a dead sidecar must not slow the rest.
    const hopeful = [...asked.values()].filter(({ sidecar }) => sidecar.read !== false);
    const isAnyReadable =
      hopeful.length > 0 || [...this.#sidecars].some(([address, { read }]) => !asked.has(address) && read === true);
    await Promise.all((isAnyReadable ? hopeful : [...asked.values()]).map(({ look }) => look));
  }

  get #families(): ReadonlySet<Family> {
    return new Set<Family>(['classes', 'retried', 'requests', ...this.#asked, ...(this.isGrpc ? (['statuses'] as const) : [])]);
  }

  /** Some callers have not had their first turn. */
  #waiting(): boolean {
    for (const { read } of this.#sidecars.values()) if (read === undefined) return true;
    return false;
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
    const { callers = [] } = this.#list;
    if (callers === this.#followed) return;
    this.#followed = callers;
    this.#byAddress = new Map(
      callers.flatMap((caller) => (caller.address === undefined ? [] : [[caller.address, caller] as const])),
    );
    const listed = new Set(this.#byAddress.keys());
    const known = [...this.#sidecars].filter(([address]) => listed.has(address));
    const fresh = [...listed].filter((address) => !this.#sidecars.has(address));
    this.#sidecars = new Map([...fresh.map((address) => [address, new Sidecar(address, this.#pages)] as const), ...known]);
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
