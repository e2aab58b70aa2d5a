import { type EntryWrite, storedLegs } from './entries.js';
import type { Observation } from './observation.js';
import { routedIn } from './route.js';

/** The world right after a write, in a mesh that stores and compiles it at once. */
export function afterWrite(world: Observation, write: EntryWrite, service: string, now: number): Observation {
  const { defaults, resolver, splitter, router, chain: _, ...rest } = world;
  const after = { defaults, resolver, splitter, router };
  const stored = write.entry === undefined ? undefined : { entry: write.entry, modifyIndex: write.cas + 1 };
  switch (write.kind) {
    case 'service-defaults':
      after.defaults = stored;
      break;
    case 'service-resolver':
      after.resolver = stored;
      break;
    case 'service-splitter':
      after.splitter = stored;
      break;
    case 'service-router':
      after.router = stored;
      break;
  }
  const entries: Partial<Observation> = Object.fromEntries(Object.entries(after).filter(([, entry]) => entry !== undefined));
  const resolverSince = write.kind === 'service-resolver' ? now : rest.resolverSince;
  return { ...rest, ...entries, resolverSince, ...chainAfter(entries, service) };
}

/** The chain that Consul would compile: a splitter's legs, behind the routes of a router that name a subset. */
export function chainAfter(
  { splitter, resolver, router }: Pick<Observation, 'splitter' | 'resolver' | 'router'>,
  service: string,
): Pick<Observation, 'chain'> {
  if (splitter === undefined) return {};
  const routed = router === undefined ? {} : { routed: routedIn(router.entry) };
  const startsWith = router === undefined ? 'splitter' : 'router';
  return {
    chain: {
      protocol: 'http',
      startsWith,
      legs: storedLegs({ splitter, ...(resolver === undefined ? {} : { resolver }) }, service),
      ...routed,
    },
  };
}
