import type { Entry } from './entries.js';
import { isRecord } from './is-record.js';
import type { Plan } from './plan.js';
import type { Rollout } from './rollout.js';

const SET_COOKIE = 'Set-Cookie';

/** The cookie by which a sticky user is known: one name for each service, and a value that no other rollout uses. */
export function stickyCookie(
  service: string,
  rollout: string,
  subset: string,
): { readonly name: string; readonly value: string } {
  return { name: cookieName(service), value: `${subset}.${rollout.slice(-10)}` };
}

/** The splitter with the cookies that keep users on the leg they met, where the plan asks for it and the rollout is under way; without them otherwise. */
export function withCookies(entry: Entry, plan: Plan, rollout: Rollout): Entry {
  const { sticky } = plan.route ?? {};
  if (sticky === undefined || !isSticky(rollout)) return entry;
  return mapHeaders(entry, (headers, subset) => {
    if (subset !== rollout.stable && subset !== rollout.canary) return headers;
    const { name, value } = stickyCookie(plan.service, rollout.id, subset);
    const cookie = `${name}=${value}; Path=/; Max-Age=${Math.ceil(sticky.for / 1_000)}; HttpOnly; SameSite=Lax`;
    return { ...headers, [SET_COOKIE]: cookie };
  });
}

/** The splits without splitter's own cookies; what others add to answers is kept. */
export function withoutCookies(entry: Entry, service: string): Entry {
  const prefix = `${cookieName(service)}=`;
  return mapHeaders(entry, (headers) =>
    Object.fromEntries(Object.entries(headers).filter(([key, value]) => key !== SET_COOKIE || !String(value).startsWith(prefix))),
  );
}

/** Somebody's own Set-Cookie on a leg, which a sticky rollout would have to replace: Consul takes one only. */
export function foreignCookie(entry: Entry | undefined, service: string): string | undefined {
  const splits = Array.isArray(entry?.Splits) ? entry.Splits.filter(isRecord) : [];
  const cookies = splits.map((split) => addedHeaders(split)[SET_COOKIE]).filter((value) => typeof value === 'string');
  return cookies.find((value) => !value.startsWith(`${cookieName(service)}=`));
}

/** Whether a rollout in this phase gives cookies out: from its first weight until it ends. */
function isSticky({ state }: Rollout): boolean {
  return state.phase === 'Progressing' || state.phase === 'Paused' || state.phase === 'Baking';
}

function cookieName(service: string): string {
  return `splitter-${service}`;
}

function addedHeaders(split: Entry): Readonly<Record<string, unknown>> {
  const headers = isRecord(split.ResponseHeaders) ? split.ResponseHeaders : {};
  return isRecord(headers.Add) ? headers.Add : {};
}

/** The splitter with the headers that each leg adds to answers changed; what becomes empty goes. */
function mapHeaders(
  entry: Entry,
  change: (headers: Readonly<Record<string, unknown>>, subset: string) => Readonly<Record<string, unknown>>,
): Entry {
  const splits = Array.isArray(entry.Splits) ? entry.Splits : [];
  const changed = splits.map((split: unknown) => {
    if (!isRecord(split)) return split;
    const { ResponseHeaders: own, ...rest } = split;
    const { Add: _, ...others } = isRecord(own) ? own : {};
    const add = change(addedHeaders(split), String(split.ServiceSubset ?? ''));
    const headers = { ...others, ...(Object.keys(add).length === 0 ? {} : { Add: add }) };
    return Object.keys(headers).length === 0 ? rest : { ...rest, ResponseHeaders: headers };
  });
  return { ...entry, Splits: changed };
}
