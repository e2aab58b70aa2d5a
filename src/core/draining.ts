/** What the callers' own proxies tell of one subset at one moment. */
export interface CallersFlight {
  /** Requests without an answer yet, upgraded ones (WebSockets) and streams among them. */
  readonly active: number;
  /** All that were ever sent to it. */
  readonly sent: number;
  /** Requests under way on the service's own cluster, begun before there was a split: any of its instances may have them. */
  readonly earlier: number;
  /** Open connections to the subset, the idle ones too. */
  readonly connections: number;
  /** Who cannot be told of, each with the reason in brackets. */
  readonly unknown: readonly string[];
}

/** What the sidecars of a subset's own instances tell at one moment, whoever sent it. */
export interface InstancesFlight {
  readonly active: number;
  readonly received: number;
  /** Open connections, the idle ones too. */
  readonly connections: number;
}

/** One look at all that may be under way to a subset; a side that cannot be read whole is absent, or names who is missing. */
export interface InFlight {
  readonly callers?: CallersFlight;
  /** Only where every instance's sidecar was read. */
  readonly instances?: InstancesFlight;
}

/** Whether the instances of a subset that was promoted away may be stopped; `null` where it is not known. */
export interface Draining {
  readonly subset: string;
  readonly drained: boolean | null;
  /** Requests without an answer yet; `null` where no sidecar could be read. */
  readonly inFlight: number | null;
  readonly message: string;
}

/** So long after a promotion every sidecar sends by it, ms (research/consul.md: weights are in force within a second). */
export const SETTLED = 1_000;
/** The least time between two looks that are compared, ms. */
export const LOOKS_APART = 500;

const NOBODY: CallersFlight = { active: 0, sent: 0, earlier: 0, connections: 0, unknown: [] };
const MOST_NAMES = 5;

/**
 * What two looks say, the first of them `SETTLED` after the promotion. Drained is what has no request in flight, got none in between, and can get
 * none unseen: every caller was read, or no connection to the instances is open but those that the callers who were read keep for later.
 */
export function drainingOf(subset: string, first: InFlight, second: InFlight): Draining {
  const callers = second.callers ?? NOBODY;
  const { instances } = second;
  const known = first.instances !== undefined && instances !== undefined;
  if (second.callers === undefined && !known)
    return {
      subset,
      drained: null,
      inFlight: null,
      message: `not known: neither callers of ${subset} nor its instances can be read`,
    };
  const inFlight = known ? Math.max(callers.active, instances.active) : callers.active + callers.earlier;
  const say = (drained: boolean | null, message: string): Draining => ({ subset, drained, inFlight, message });
  if (!known && callers.active === 0 && callers.earlier > 0)
    return say(null, `not known: ${sayRequests(callers.earlier)} under way since before the split, and may be on ${subset}`);
  if (inFlight > 0) return say(false, `${subset} is not drained: ${sayRequests(inFlight)} in flight`);
  // A sidecar that began anew in between counts from zero: what it sent before is not known.
  const came = callers.sent !== (first.callers ?? NOBODY).sent || (known && instances.received !== first.instances.received);
  if (came) return say(false, `${subset} is not drained: it still gets requests`);
  const unknown = [...new Set([...(first.callers?.unknown ?? []), ...(second.callers?.unknown ?? [])])];
  const accounted = known && isAccounted(first) && isAccounted(second);
  if (accounted || (unknown.length === 0 && second.callers !== undefined && first.callers !== undefined))
    return say(true, `${subset} is drained: safe to stop`);
  const who = unknown.length === 0 ? 'callers that cannot be found' : sayNames(unknown);
  return say(null, `not known: ${subset} may have requests of ${who}`);
}

/** Every open connection to the instances is one of a caller that was read. */
function isAccounted({ callers = NOBODY, instances }: InFlight): boolean {
  return instances !== undefined && instances.connections <= callers.connections;
}

function sayRequests(count: number): string {
  return count === 1 ? '1 request is' : `${count} requests are`;
}

function sayNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
