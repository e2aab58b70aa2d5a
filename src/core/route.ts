import { type Entry, type EntryWrite, metaOf, type StoredEntry, withoutServerFields } from './entries.js';
import { isRecord } from './is-record.js';
import { weightOf } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import { META_PREFIX, OWNER, OWNER_KEY } from './record.js';
import type { Rollout } from './rollout.js';
import { stickyCookie } from './sticky.js';

/** A test on a request's headers, in the words of a service-router, and the subset that requests which pass it are sent to. */
export interface Match {
  readonly subset: string;
  readonly header: Entry;
}

const CREATED_KEY = 'splitter-created';
const MATCH_KEY = 'splitter-match-';

/** The routes that a rollout under way wants: testers to canary; sticky users to the leg they met, those of stable as long as stable has a weight. */
export function wantedMatches(
  { route, service }: Plan,
  rollout: Pick<Rollout, 'stable' | 'canary' | 'id' | 'asked'>,
): readonly Match[] {
  if (route === undefined) return [];
  const { stable, canary, id } = rollout;
  const sticky = (subset: string): Match => ({ subset, header: cookieMatch(stickyCookie(service, id, subset)) });
  return [
    ...(route.header === undefined ? [] : [{ subset: canary, header: { Name: route.header.name, Exact: route.header.value } }]),
    ...(route.cookie === undefined ? [] : [{ subset: canary, header: cookieMatch(route.cookie) }]),
    ...(route.sticky === undefined ? [] : [sticky(canary)]),
    ...(route.sticky === undefined || weightOf(rollout.asked, stable) === 0 ? [] : [sticky(stable)]),
  ];
}

/** The routes that splitter has in a router, as its Meta tells; needs no plan, so that they can always be taken out. */
export function ownMatches(router: StoredEntry | undefined): readonly Match[] {
  const meta = metaOf(router?.entry);
  const matches: Match[] = [];
  for (let i = 1; meta[`${MATCH_KEY}${i}`] !== undefined; i++) {
    const match = readMatch(meta[`${MATCH_KEY}${i}`]!);
    if (match !== undefined) matches.push(match);
  }
  return matches;
}

/** A mark that somebody has spoilt is none: it must not stand in the way of a revert. */
function readMatch(text: string): Match | undefined {
  const space = text.indexOf(' ');
  try {
    const header: unknown = JSON.parse(text.slice(space + 1));
    return space > 0 && isRecord(header) ? { subset: text.slice(0, space), header } : undefined;
  } catch {
    return undefined;
  }
}

/** A route of somebody else's in the router that tests for the same as one of ours would. */
export function foreignTwin(router: StoredEntry | undefined, wanted: readonly Match[]): Match | undefined {
  const own = ownMatches(router);
  const others = routesOf(router?.entry).filter((route) => !isOwn(route, own));
  return wanted.find(({ header }) => others.some((route) => headersOf(route).some((one) => same(one, header))));
}

/** The write that leaves exactly these routes of ours in the service's router, beside those of others; undefined when it is so already. */
export function routeWrite(service: string, seen: Observation, matches: readonly Match[]): EntryWrite | undefined {
  const { router } = seen;
  const own = ownMatches(router);
  if (matches.length === 0 && own.length === 0) return undefined;
  const others = routesOf(router?.entry).filter((route) => !isOwn(route, own));
  const entry = routerEntry(router, service, others, matches);
  if (same(entry, router === undefined ? undefined : withoutServerFields(router.entry))) return undefined;
  const goes = own.filter((one) => !matches.some((match) => same(match, one)));
  const comes = matches.filter((match) => !own.some((one) => same(match, one)));
  const why = [
    ...comes.map((match) => `requests with ${describeMatch(match)} go to ${match.subset}`),
    ...goes.map((match) => `the route for ${describeMatch(match)} goes`),
  ].join('; ');
  const cas = router?.modifyIndex ?? 0;
  return { kind: 'service-router', name: service, entry, cas, why: why || 'our routes follow those of others' };
}

/** Whether a route of ours is not in the router as it was written: somebody else took it out. */
export function missesRoute(router: StoredEntry | undefined, wanted: readonly Match[]): Match | undefined {
  const routes = routesOf(router?.entry);
  const own = ownMatches(router);
  return wanted.find(
    (match) =>
      !own.some((one) => same(one, match)) ||
      !routes.some(
        (route) => destinationOf(route).ServiceSubset === match.subset && headersOf(route).some((h) => same(h, match.header)),
      ),
  );
}

/** The routes of a router entry that end at a subset, with their tests; what a compiled chain says of them too. */
export function routedIn(router: Entry): readonly { readonly subset: string; readonly headers: readonly Entry[] }[] {
  return routesOf(router).flatMap((route) => {
    const { ServiceSubset: subset } = destinationOf(route);
    return typeof subset === 'string' && subset !== '' ? [{ subset, headers: headersOf(route) }] : [];
  });
}

/** Why a caller may send other shares than the weights say without any fault: sticky users, or a route of somebody else's that names a subset; undefined where nothing does. */
export function whyOwnShares(
  { service, route }: Pick<Plan, 'service' | 'route'>,
  router: StoredEntry | undefined,
): string | undefined {
  if (route?.sticky !== undefined) return 'sticky users stay on the version that they met first';
  const own = ownMatches(router);
  const foreign = routesOf(router?.entry)
    .filter((one) => !isOwn(one, own))
    .map(destinationOf)
    .find(({ Service: to, ServiceSubset: subset }) => (!to || to === service) && !!subset);
  return foreign && `a route of service-router/${service} leads to ${String(foreign.ServiceSubset)} by its name`;
}

/** A test in words: `x-canary: 1`, `cookie splitter-payments=green.…`. */
export function describeMatch({ header }: Match): string {
  if (header.Exact !== undefined) return `${String(header.Name)}: ${String(header.Exact)}`;
  const [, pair = String(header.Regex)] = /^\(\.\*;\\s\*\)\?(.*)\(;\.\*\)\?$/.exec(String(header.Regex)) ?? [];
  return `cookie ${pair.replaceAll('\\', '')}`;
}

/** A cookie as Consul can test for it: Envoy matches the whole header by an RE2 expression. */
function cookieMatch({ name, value }: { readonly name: string; readonly value: string }): Entry {
  const plain = `${name}=${value}`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { Name: 'cookie', Regex: `(.*;\\s*)?${plain}(;.*)?` };
}

/**
 * The router with our routes among those of others: before each route that leads to the service a twin of it for each match, so that testers
 * keep its path, timeouts and retries; and at the end one for all other requests. Undefined when nothing is left of an entry that splitter made.
 */
function routerEntry(
  stored: StoredEntry | undefined,
  service: string,
  others: readonly Entry[],
  matches: readonly Match[],
): Entry | undefined {
  const before: Entry = stored === undefined ? { Kind: 'service-router', Name: service } : withoutServerFields(stored.entry);
  const meta = metaOf(before);
  const made = stored === undefined || meta[CREATED_KEY] !== undefined;
  if (matches.length === 0 && made && others.length === 0) return undefined;
  const twins = others.flatMap((route) => [
    ...(leadsHome(route, service) ? matches.map((match) => withMatch(route, match)) : []),
    route,
  ]);
  const whole = others.some((route) => leadsHome(route, service) && takesAll(route));
  const rest = whole ? [] : matches.map((match) => withMatch({ Match: { HTTP: { PathPrefix: '/' } } }, match));
  const kept = Object.fromEntries(
    Object.entries(meta).filter(([key]) => !key.startsWith(META_PREFIX) && !(made && key === OWNER_KEY)),
  );
  const own = matches.map(({ subset, header }, i) => [`${MATCH_KEY}${i + 1}`, `${subset} ${JSON.stringify(header)}`] as const);
  const marks =
    matches.length === 0 ? {} : { ...Object.fromEntries(own), ...(made ? { [CREATED_KEY]: 'yes', [OWNER_KEY]: OWNER } : {}) };
  const { Meta: _, ...fields } = before;
  const next = { ...kept, ...marks };
  return { ...fields, Routes: [...twins, ...rest], ...(Object.keys(next).length === 0 ? {} : { Meta: next }) };
}

function withMatch(route: Entry, { subset, header }: Match): Entry {
  const match = isRecord(route.Match) ? route.Match : {};
  const http = isRecord(match.HTTP) ? match.HTTP : { PathPrefix: '/' };
  return {
    ...route,
    Match: { ...match, HTTP: { ...http, Header: [...headersOf(route), header] } },
    Destination: { ...destinationOf(route), ServiceSubset: subset },
  };
}

function routesOf(entry: Entry | undefined): readonly Entry[] {
  return Array.isArray(entry?.Routes) ? entry.Routes.filter(isRecord) : [];
}

function destinationOf(route: Entry): Entry {
  return isRecord(route.Destination) ? route.Destination : {};
}

function headersOf(route: Entry): readonly Entry[] {
  const http = isRecord(route.Match) && isRecord(route.Match.HTTP) ? route.Match.HTTP : {};
  return Array.isArray(http.Header) ? http.Header.filter(isRecord) : [];
}

/** Whether a route leads to the splitter of the service, not to a subset of it nor elsewhere. */
function leadsHome(route: Entry, service: string): boolean {
  const { Service: to, ServiceSubset: subset } = destinationOf(route);
  return (to === undefined || to === '' || to === service) && (subset === undefined || subset === '');
}

function takesAll(route: Entry): boolean {
  const http = isRecord(route.Match) && isRecord(route.Match.HTTP) ? route.Match.HTTP : {};
  const { PathPrefix: prefix, ...tests } = http;
  return (prefix === undefined || prefix === '/') && Object.keys(strip(tests) as Entry).length === 0;
}

function isOwn(route: Entry, own: readonly Match[]): boolean {
  const { ServiceSubset: subset } = destinationOf(route);
  return own.some((match) => match.subset === subset && headersOf(route).some((header) => same(header, match.header)));
}

/** Whether two values say the same to Consul, which leaves out what is empty and keeps no order of keys. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(strip(a)) === JSON.stringify(strip(b));
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, strip(item)] as const)
    .filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(kept.sort(([x], [y]) => (x < y ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}
