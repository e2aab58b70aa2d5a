import type { EntryWrite, StoredEntry } from '../core/entries.js';
import type { Instance } from '../core/instances.js';
import { isRecord } from '../core/is-record.js';
import { type Leg, sameLeg } from '../core/legs.js';
import type { Chain, Instances } from '../core/observation.js';
import type { Subset } from '../core/plan.js';
import { routedIn } from '../core/route.js';
import { fromConsulWeight } from '../core/weights.js';
import type { CriticalCheck, Entries, Mesh, MeshLists, Picks, ReadOptions } from '../ports.js';
import type { Answer, Call, ConsulClient } from './client.js';
import { ConsulError, sayLacking } from './errors.js';

const KINDS = {
  splitter: 'service-splitter',
  resolver: 'service-resolver',
  defaults: 'service-defaults',
  router: 'service-router',
} as const;
/** The list of 10,000 splitters takes Consul 0.7 s on a quiet machine. */
const LIST_TIMEOUT = 30_000;
/** A question that hangs on a server that is gone must not hide the new leader for long. */
const PROBE_TIMEOUT = 5_000;

/** What splitter reads from and writes to Consul about services; thin over the HTTP API, nothing is decided here. */
export class ConsulMesh implements Mesh, MeshLists, Picks {
  readonly #client: ConsulClient;

  constructor(client: ConsulClient) {
    this.#client = client;
  }

  /** One entry with the index of its last change, and the index to block on; `entry` is undefined when there is none. */
  async readEntry(
    kind: string,
    name: string,
    options: ReadOptions = {},
  ): Promise<{ entry: StoredEntry | undefined; index: number }> {
    const answer = await this.#client.call({
      method: 'GET',
      path: pathOf(kind, name),
      what: `reading ${kind}/${name}`,
      abort: options.abort,
      ...blocking(options),
    });
    return { entry: answer.status === 404 ? undefined : storedEntry(answer.body), index: answer.index };
  }

  /** Every entry of one kind that may be read, and whether ACLs hide others. With an index it blocks until one of them changes (or about 30 s). */
  async listEntries(
    kind: string,
    options: ReadOptions = {},
  ): Promise<{ entries: readonly StoredEntry[]; index: number; hidden: boolean }> {
    const answer = await this.#client.call({
      method: 'GET',
      path: `/config/${kind}`,
      what: `listing ${kind} entries`,
      abort: options.abort,
      ...blocking(options, LIST_TIMEOUT),
    });
    const entries = Array.isArray(answer.body) ? answer.body.map(storedEntry) : [];
    return { entries, index: answer.index, hidden: answer.filtered || answer.blind };
  }

  /** Checks that are critical now; a check of a whole node names no service. With an index it blocks until any check changes. */
  async listCritical(options: ReadOptions = {}): Promise<{ critical: readonly CriticalCheck[]; index: number }> {
    const answer = await this.#client.call({
      method: 'GET',
      path: '/health/state/critical',
      what: 'listing critical checks',
      abort: options.abort,
      ...blocking(options, LIST_TIMEOUT),
    });
    const checks = Array.isArray(answer.body) ? answer.body.filter(isRecord) : [];
    const critical = checks.map(({ Node, ServiceName, CheckID }) => ({
      service: String(ServiceName ?? ''),
      check: `${String(Node)}/${String(CheckID)}`,
    }));
    return { critical, index: answer.index };
  }

  /** All entries that bear on the service, read at once. */
  async readEntries(service: string, abort?: AbortSignal): Promise<Entries> {
    const names = Object.keys(KINDS) as (keyof typeof KINDS)[];
    const own = names.map(async (name) => [name, (await this.readEntry(KINDS[name], service, { abort })).entry] as const);
    const proxies = this.readEntry('proxy-defaults', 'global', { abort }).then(({ entry }) => ['proxyDefaults', entry] as const);
    return Object.fromEntries((await Promise.all([...own, proxies])).filter(([, entry]) => entry !== undefined));
  }

  /** Throws as long as Consul cannot answer with a quorum: a read that its leader has to have confirmed. */
  async probe(): Promise<void> {
    const path = pathOf('proxy-defaults', 'global');
    const query = { consistent: 'true' };
    await this.#client.call({ method: 'GET', path, what: 'asking Consul for a leader', query, timeout: PROBE_TIMEOUT });
  }

  /** Writes (or deletes) one entry by compare-and-set. `lost`: somebody was faster; read again and decide again. */
  async write(write: EntryWrite, timeout?: number): Promise<'written' | 'lost'> {
    if (!Number.isInteger(write.cas) || write.cas < 0)
      throw new TypeError(`cas must be an index, not ${write.cas}: an empty guard writes over everybody`);
    const { kind, name, entry, cas } = write;
    const patience = timeout === undefined ? {} : { timeout };
    const call: Call =
      entry === undefined
        ? { method: 'DELETE', path: pathOf(kind, name), what: `deleting ${kind}/${name}`, query: { cas }, ...patience }
        : { method: 'PUT', path: '/config', what: `writing ${kind}/${name}`, query: { cas }, body: entry, ...patience };
    const { body } = await this.#client.call(call);
    return body === true ? 'written' : 'lost';
  }

  /** The compiled discovery chain of the service. */
  async readChain(service: string, abort?: AbortSignal): Promise<Chain> {
    return readCompiledChain(await this.#compile(service, abort));
  }

  /** The same as Consul answers it; undefined when the answer holds none. */
  async compileChain(service: string, abort?: AbortSignal): Promise<unknown> {
    const body = await this.#compile(service, abort);
    return isRecord(body) ? body.Chain : undefined;
  }

  async #compile(service: string, abort: AbortSignal | undefined): Promise<unknown> {
    const { body } = await this.#client.call({
      method: 'GET',
      path: `/discovery-chain/${encodeURIComponent(service)}`,
      what: `compiling the discovery chain of ${service}`,
      abort,
    });
    return body;
  }

  /** How many sidecars match each subset's filter, by the worst of their checks. */
  async countInstances(
    service: string,
    subsets: readonly Subset[],
    abort?: AbortSignal,
  ): Promise<Readonly<Record<string, Instances>>> {
    const counts = subsets.map(async (subset) => [subset.name, await this.#countSubset(service, subset, abort)] as const);
    return Object.fromEntries(await Promise.all(counts));
  }

  /** Which sidecars match each subset's filter, as `node/id`, whatever their checks say. */
  async readPicks(
    service: string,
    subsets: readonly Subset[],
    abort?: AbortSignal,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const picks = subsets.map(async ({ name, filter }) => {
      const instances = await this.listInstances(service, { filter, abort });
      return [name, instances.map(({ node, id }) => `${node}/${id}`)] as const;
    });
    return Object.fromEntries(await Promise.all(picks));
  }

  /** The versions (Service.Meta.version) of the sidecars of the service, with repeats; with `passing` only of those whose checks all pass. */
  async readVersions(service: string, { passing = false } = {}): Promise<readonly string[]> {
    const what = `reading the instances of ${service}`;
    const all = this.#instances(
      await this.#client.call({
        method: 'GET',
        path: `/health/connect/${encodeURIComponent(service)}`,
        what,
        query: passing ? { passing: 'true' } : {},
      }),
      what,
    );
    return all.flatMap((one) => {
      const meta = isRecord(one.Service) && isRecord(one.Service.Meta) ? one.Service.Meta : {};
      return typeof meta.version === 'string' && meta.version !== '' ? [meta.version] : [];
    });
  }

  /** Returns when the service's sidecars or their checks change, or after `wait`; gives the index to go on from. */
  async watchInstances(service: string, index: number, abort: AbortSignal, wait = '30s'): Promise<number> {
    const answer = await this.#client.call({
      method: 'GET',
      path: `/health/connect/${encodeURIComponent(service)}`,
      what: `watching the instances of ${service}`,
      abort,
      ...blocking({ index, wait }),
    });
    return answer.index;
  }

  /** The instances of the service: its sidecars (and what speaks the mesh's protocol itself), or with `own` the processes behind them. A filter picks among them. */
  async listInstances(
    service: string,
    options: { readonly own?: boolean; readonly filter?: string; readonly abort?: AbortSignal | undefined } = {},
  ): Promise<readonly Instance[]> {
    const { own = false, filter, abort } = options;
    const what = `reading the instances of ${service}`;
    const path = `/health/${own ? 'service' : 'connect'}/${encodeURIComponent(service)}`;
    return this.#instances(await this.#client.call({ method: 'GET', path, what, query: { filter }, abort }), what).map(
      instanceOf,
    );
  }

  async #countSubset(service: string, subset: Subset, abort?: AbortSignal): Promise<Instances> {
    const statuses = (await this.listInstances(service, { filter: subset.filter, abort })).map(({ status }) => status);
    const count = (status: string): number => statuses.filter((one) => one === status).length;
    return { passing: count('passing'), warning: count('warning'), critical: count('critical') };
  }

  /** Instances that ACLs hid look like instances that are gone; the two must never be mixed up. */
  #instances({ body, filtered, blind }: Answer, what: string): readonly Readonly<Record<string, unknown>>[] {
    const all = Array.isArray(body) ? body.filter(isRecord) : [];
    if (all.length === 0 && (filtered || blind)) {
      throw new ConsulError(
        'denied',
        `this token may not see any instance: it lacks permission 'node:read', or 'service:read' on the sidecars (${what}; token from ${this.#client.settings.tokenFrom})`,
        sayLacking(
          ['node_prefix "" { policy = "read" }, or service:read on the service and its sidecars'],
          this.#client.settings.tokenFrom,
        ),
        true,
      );
    }
    return all;
  }
}

/** A blocking query answers after `wait` and up to a sixteenth more; the client waits longer than that. */
function blocking({ index, wait = '30s' }: ReadOptions, timeout?: number): Pick<Call, 'query' | 'timeout'> {
  if (index === undefined) return timeout === undefined ? {} : { timeout };
  return { query: { index, wait }, timeout: 45_000 };
}

function pathOf(kind: string, name: string): string {
  return `/config/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
}

function storedEntry(body: unknown): StoredEntry {
  if (!isRecord(body) || typeof body.ModifyIndex !== 'number')
    throw new ConsulError('rejected', 'Consul answered with something that is no config entry', 'is this address really Consul?');
  return { entry: body, modifyIndex: body.ModifyIndex };
}

function instanceOf(found: Readonly<Record<string, unknown>>): Instance {
  const service = isRecord(found.Service) ? found.Service : {};
  const proxy = isRecord(service.Proxy) ? service.Proxy : {};
  const meta = isRecord(service.Meta) ? service.Meta : {};
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const version = text(meta.version);
  const standsFor = text(proxy.DestinationServiceID);
  return {
    id: String(service.ID),
    node: String(isRecord(found.Node) ? found.Node.Node : ''),
    status: worstCheck(found),
    ...(version === undefined ? {} : { version }),
    ...(standsFor === undefined ? {} : { standsFor }),
  };
}

function worstCheck(instance: Readonly<Record<string, unknown>>): 'passing' | 'warning' | 'critical' {
  const statuses = (Array.isArray(instance.Checks) ? instance.Checks.filter(isRecord) : []).map((check) => check.Status);
  if (statuses.some((status) => status !== 'passing' && status !== 'warning')) return 'critical';
  return statuses.includes('warning') ? 'warning' : 'passing';
}

/** Reads a compiled chain: follows a router's last route, then sums the splitter's weights by subset. Keys are opaque and only followed. */
export function readCompiledChain(body: unknown): Chain {
  const chain = isRecord(body) && isRecord(body.Chain) ? body.Chain : {};
  const nodes = isRecord(chain.Nodes) ? chain.Nodes : {};
  const targets = isRecord(chain.Targets) ? chain.Targets : {};
  const node = (key: unknown): Readonly<Record<string, unknown>> =>
    isRecord(nodes[String(key)]) ? (nodes[String(key)] as Readonly<Record<string, unknown>>) : {};
  const start = node(chain.StartNode);
  const routes = Array.isArray(start.Routes) ? start.Routes.filter(isRecord) : [];
  const routed = start.Type === 'router' ? node(routes.at(-1)?.NextNode) : start;
  const splits =
    routed.Type === 'splitter' && Array.isArray(routed.Splits)
      ? routed.Splits.filter(isRecord)
      : [{ Weight: 100, NextNode: undefined }];
  const legs: Leg[] = [];
  for (const split of splits) {
    const resolver = routed.Type === 'splitter' ? node(split.NextNode).Resolver : routed.Resolver;
    const found = isRecord(resolver) ? targets[String(resolver.Target)] : undefined;
    const to = targetOf(isRecord(found) ? found : {}, chain.ServiceName);
    const weight = fromConsulWeight(Number(split.Weight ?? 0));
    const at = legs.findIndex((leg) => sameLeg(leg, to));
    if (at === -1) legs.push({ ...to, weight });
    else legs[at] = { ...to, weight: legs[at]!.weight + weight };
  }
  return {
    protocol: typeof chain.Protocol === 'string' ? chain.Protocol : 'tcp',
    startsWith: routed.Type === 'splitter' ? (start.Type === 'router' ? 'router' : 'splitter') : 'resolver',
    legs,
    ...(start.Type === 'router' ? { routed: routedIn({ Routes: routes.map((route) => route.Definition) }) } : {}),
  };
}

/** Where a target of a chain leads: to a subset of its own service, or to another service, whose subsets are not its affair. */
function targetOf({ Service, ServiceSubset }: Readonly<Record<string, unknown>>, own: unknown): Pick<Leg, 'subset' | 'service'> {
  if (typeof Service === 'string' && typeof own === 'string' && Service !== own) return { subset: '', service: Service };
  return { subset: typeof ServiceSubset === 'string' ? ServiceSubset : '' };
}
