import { type BasisPoints, formatPercent, WHOLE } from './weights.js';

/** One line of the splitter: a subset of the service (or, in foreign entries, no subset or another service) and its weight. */
export interface Leg {
  readonly subset: string;
  readonly weight: BasisPoints;
  /** Set only when the leg names another service than the splitter's own. */
  readonly service?: string;
}

/** The legs of a rollout: stable, canary, then the further legs; they sum to 10000 when canary is at most what the further legs leave. */
export function splitLegs(stable: string, canary: string, weight: BasisPoints, extra: readonly Leg[]): readonly Leg[] {
  const room = roomFor(extra);
  const share = Math.min(Math.max(weight, 0), room);
  return [
    { subset: stable, weight: room - share },
    { subset: canary, weight: share },
    ...extra.map(({ subset, weight, service }) => ({ subset, weight, ...(service === undefined ? {} : { service }) })),
  ];
}

/** What the further legs of fixed weight leave for stable and canary together. */
export function roomFor(extra: readonly Leg[]): BasisPoints {
  return WHOLE - extra.reduce((sum, leg) => sum + leg.weight, 0);
}

/** The weight of a subset in these legs, summed over every leg that names it; 0 when none does. */
export function weightOf(legs: readonly Leg[], subset: string): BasisPoints {
  return legs.filter((leg) => leg.subset === subset && leg.service === undefined).reduce((sum, leg) => sum + leg.weight, 0);
}

/** The legs of the service's own subsets; how a leg to another service is compiled and counted is that service's affair. */
export function ownLegs(legs: readonly Leg[]): readonly Leg[] {
  return legs.filter(({ service }) => service === undefined);
}

/** Whether both lists send the same share to every subset; order and zero-weight legs of unknown subsets do not matter. */
export function sameShares(a: readonly Leg[], b: readonly Leg[]): boolean {
  const key = (leg: Leg): string => `${leg.service ?? ''}/${leg.subset}`;
  const shares = (legs: readonly Leg[]): Map<string, number> => {
    const map = new Map<string, number>();
    for (const leg of legs) if (leg.weight !== 0) map.set(key(leg), (map.get(key(leg)) ?? 0) + leg.weight);
    return map;
  };
  const [left, right] = [shares(a), shares(b)];
  return left.size === right.size && [...left].every(([name, weight]) => right.get(name) === weight);
}

/** Where a leg leads, for people: its subset, or the other service that it names. */
export function nameLeg({ subset, service }: Pick<Leg, 'subset' | 'service'>): string {
  if (service !== undefined) return `service ${service}${subset && `/${subset}`}`;
  return subset || '(no subset)';
}

/** Legs for people: `blue 90%, green 10%`. */
export function formatLegs(legs: readonly Leg[]): string {
  return legs.map((leg) => `${nameLeg(leg)} ${formatPercent(leg.weight)}`).join(', ');
}

/** Whether two legs lead to the same place. */
export function sameLeg(a: Pick<Leg, 'subset' | 'service'>, b: Pick<Leg, 'subset' | 'service'>): boolean {
  return a.subset === b.subset && a.service === b.service;
}

/** The weight of the leg that leads to this place, another service too; 0 where there is none. */
export function weightTo(legs: readonly Leg[], to: Pick<Leg, 'subset' | 'service'>): BasisPoints {
  return legs.find((leg) => sameLeg(leg, to))?.weight ?? 0;
}

/** Legs as one Meta value: `blue=9000,green=1000`, in basis points; a leg to another service as `ledger/=500`. */
export function encodeLegs(legs: readonly Leg[]): string {
  return legs.map((leg) => `${leg.service === undefined ? '' : `${leg.service}/`}${leg.subset}=${leg.weight}`).join(',');
}

/** Reads what encodeLegs wrote; undefined when it is not that. */
export function decodeLegs(text: string): readonly Leg[] | undefined {
  const legs = text.split(',').map((part) => /^(?:([^/=,]+)\/)?([a-z0-9-]*)=(\d{1,5})$/.exec(part));
  if (!legs.every((m) => m !== null)) return undefined;
  return legs.map(([, service, subset = '', weight]) => ({
    subset,
    weight: Number(weight),
    ...(service === undefined ? {} : { service }),
  }));
}
