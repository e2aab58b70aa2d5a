import { effectiveProtocol } from './base.js';
import type { EntranceRow } from './entrance-rows.js';
import type { FollowingStatus } from './following.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import type { Check } from './preflight.js';

/** What is known of a service's entrances: who they are, what above them sends failed requests again, and whether ACLs hide some. */
export interface KnownEntrances {
  readonly rows: readonly EntranceRow[];
  readonly retries: readonly string[];
  readonly hidden: boolean;
}

/** So many are named; a mesh may have thousands. */
const NAMED = 5;

/** What `doctor` says of callers that do not send by the weights; a caller whose shares something explains is told all the same. */
export function checkFollowing(service: string, following: readonly FollowingStatus[]): readonly Check[] {
  const off = following.flatMap(({ follows, message }) => (message === undefined ? [] : [{ follows, message }]));
  const stale = off.find(({ follows }) => follows === false);
  if (off.length === 0) return [];
  const more = off.length > NAMED ? `; and ${off.length - NAMED} more` : '';
  return [
    {
      name: 'callers',
      verdict: 'warning',
      message: `${off
        .slice(0, NAMED)
        .map(({ message }) => message)
        .join('; ')}${more}`,
      hint:
        stale === undefined
          ? `weights decide only for users who are new to ${service}`
          : 'its proxy gets nothing new from Consul: look at its connection to the gRPC (xDS) port of its agent, then restart the proxy',
    },
  ];
}

/** What `doctor` says of who reaches the service: first whether the callers can be read, then what no weight moves, what only instances see, and retries. */
export function checkEntrances(
  service: string,
  { rows, retries, hidden }: KnownEntrances,
  seen: Pick<Observation, 'defaults' | 'proxyDefaults'>,
): readonly Check[] {
  return [
    checkRead(service, rows, hidden),
    // What is no http is not split for anybody, which the check of the protocol tells.
    ...(effectiveProtocol(seen) === 'tcp' ? [] : checkPast(service, rows)),
    ...checkPossible(service, rows),
    ...checkPermissive(service, seen),
    ...checkRetries(retries),
  ];
}

/** Whether testers' and sticky routes of a plan reach the entrances that are certain; nothing where the plan has none, or nobody calls. Failed where they reach none. */
export function checkRoutesReach(
  { service, route }: Pick<Plan, 'service' | 'route'>,
  rows: readonly EntranceRow[],
): readonly Check[] {
  const certain = rows.filter((row) => row.certain);
  const past = certain.filter(({ routed }) => !routed);
  if (route === undefined || past.length === 0) return [];
  const every = past.length === certain.length;
  const gateways = past.some(({ kind }) => kind === 'api-gateway');
  const why = gateways ? 'API gateways of Consul before 2.0, and ways by another name, go' : 'a way by another name goes';
  return [
    {
      name: 'route',
      verdict: every ? 'failed' : 'warning',
      message: `${every ? 'every entrance goes' : `${past.length} of ${certain.length} entrances go`} past service-router/${service}, so ${every ? "the plan's route reaches nobody" : "the plan's route does nothing there"}: ${nameRows(past)} (${why} to the splitter directly)`,
      hint: every
        ? 'leave route out of the plan, or let callers reach the service by its own name through sidecars'
        : `testers and sticky users have to come another way; there only the weights decide`,
    },
  ];
}

function checkRead(service: string, rows: readonly EntranceRow[], hidden: boolean): Check {
  const name = 'callers';
  const certain = rows.filter((row) => row.certain);
  const unread = certain.filter(({ read }) => !read);
  const more = hidden ? '; ACLs hide a part of the catalog from this token, so there may be more' : '';
  if (certain.length === 0 && rows.length > 0)
    return {
      name,
      verdict: 'warning',
      message: `nobody is known to call ${service}; ${sayPossible(rows)}: until one does, weights cannot be observed and envoy signals have no data${more}`,
      hint: 'one that can be read is counted as soon as it sends; callers: [NAME] in the plan takes it for certain',
    };
  if (certain.length === 0)
    return {
      name,
      verdict: 'warning',
      message: `no caller's sidecar of ${service} can be read: weights cannot be observed, envoy signals have no data${more}`,
      hint: `no sidecar has ${service} among its upstreams and no gateway serves it; name the calling services under callers: in the plan`,
    };
  if (unread.length === certain.length)
    return {
      name,
      verdict: 'warning',
      message: `no caller's sidecar of ${service} can be read: weights cannot be observed, envoy signals have no data (${nameRows(unread)})${more}`,
      hint: cureOf(unread),
    };
  const read = `${certain.length - unread.length} of ${certain.length} callers can be read`;
  if (unread.length === 0) return { name, verdict: 'ok', message: `${read}: ${nameRows(certain)}${more}` };
  return { name, verdict: 'warning', message: `${read}; not: ${nameRows(unread)}${more}`, hint: cureOf(unread) };
}

/** What to do about those that cannot be read, by the first of them. */
function cureOf([first]: readonly EntranceRow[]): string {
  if (first?.why?.includes('envoy_prometheus_bind_addr') !== false)
    return 'set envoy_prometheus_bind_addr in proxy-defaults or in the proxy, then restart the sidecars';
  return `${first.why}; let this machine reach that address, and restart the proxy if the setting is newer than it`;
}

function checkPast(service: string, rows: readonly EntranceRow[]): readonly Check[] {
  const certain = rows.filter((row) => row.certain);
  const tcp = certain.filter((row) => row.tcp);
  const past = certain.filter((row) => !row.tcp && !row.split);
  return [
    ...(tcp.length === 0
      ? []
      : [
          {
            name: 'entrances',
            verdict: 'warning',
            message: `no weight moves what ${nameRows(tcp)} sends: it speaks tcp to ${service} by an override of its own, and no splitter stands before tcp`,
            hint: `take Protocol "tcp" out of UpstreamConfig in service-defaults/${tcp[0]?.name}, and protocol out of its upstream's config (an API gateway: serve it by an http-route)`,
          } as const,
        ]),
    ...(past.length === 0
      ? []
      : [
          {
            name: 'entrances',
            verdict: 'warning',
            message: `weights do not move all that ${nameRows(past)} sends: its name leads past service-splitter/${service}, by a redirect, a failover or a subset`,
            hint: `consul config read -kind service-resolver -name ${past[0]?.via.at(-1)}   (or its router); lead there by a service-router or service-splitter without a subset`,
          } as const,
        ]),
  ];
}

function checkPossible(service: string, rows: readonly EntranceRow[]): readonly Check[] {
  const possible = rows.filter(({ certain }) => !certain);
  const unread = possible.filter(({ read }) => !read);
  // Where nobody is certain the callers' check has named them.
  if (possible.length === 0 || (possible.length === rows.length && unread.length === 0)) return [];
  if (unread.length === 0)
    return [{ name: 'entrances', verdict: 'ok', message: `${sayPossible(rows)}: counted as soon as they send to ${service}` }];
  return [
    {
      name: 'entrances',
      verdict: 'warning',
      message: `whether ${nameRows(unread)} sends to ${service} cannot be seen: a transparent proxy that intentions let in, and that cannot be read`,
      hint: `${cureOf(unread)}; or keep it out by an intention`,
    },
  ];
}

function sayPossible(rows: readonly EntranceRow[]): string {
  const possible = rows.filter(({ certain }) => !certain);
  return `intentions let ${nameRows(possible)} send, which ${possible.length === 1 ? 'was' : 'were'} not seen to`;
}

function checkPermissive(
  service: string,
  { defaults, proxyDefaults }: Pick<Observation, 'defaults' | 'proxyDefaults'>,
): readonly Check[] {
  const mode = defaults?.entry.MutualTLSMode || proxyDefaults?.entry.MutualTLSMode;
  if (mode !== 'permissive') return [];
  return [
    {
      name: 'entrances',
      verdict: 'warning',
      message: `${service} takes requests from outside the mesh (MutualTLSMode permissive): only its instances see those, and no weight moves them`,
      hint: `MutualTLSMode = "strict" in service-defaults/${service}, once all callers have sidecars`,
    },
  ];
}

function checkRetries(retries: readonly string[]): readonly Check[] {
  if (retries.length === 0) return [];
  return [
    {
      name: 'retries',
      verdict: 'warning',
      message: `failed requests are sent again by ${retries.join(', ')}: sidecars count answers after the retries, so a failure that a retry mends is not among the errors`,
      hint: 'judge it by what Envoy counts as retried: a prometheus signal on envoy_cluster_upstream_rq_retry; or take the retries out while you ramp',
    },
  ];
}

/** Names with their kinds, each once: `web, edge (api-gateway)`. */
function nameRows(rows: readonly EntranceRow[]): string {
  const names = [...new Set(rows.map(({ name, kind }) => (kind === 'sidecar' ? name : `${name} (${sayKind(kind)})`)))];
  return `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`;
}

function sayKind(kind: EntranceRow['kind']): string {
  return kind === 'transparent' ? 'transparent proxy' : kind.replace('-', ' ').replace('api', 'API');
}
