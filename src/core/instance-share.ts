import { type BasisPoints, nearestExact, WHOLE } from './weights.js';

/** Instances of both versions that would share the traffic evenly, and the weight that gives each of them the same. */
export interface InstanceShare {
  readonly canary: number;
  readonly stable: number;
  /** canary / (canary + stable) of the traffic, as a weight that Envoy gets exactly. */
  readonly weight: BasisPoints;
}

/** What so many instances of each get when every instance gets the same: round robin. `room` is what further legs leave; 0 without instances. */
export function shareOfCounts(canary: number, stable: number, room: BasisPoints = WHOLE): InstanceShare {
  const share = canary + stable === 0 ? 0 : (canary / (canary + stable)) * room;
  const [weight = 0] = [...nearestExact(Math.round(share))].sort((a, b) => Math.abs(a - share) - Math.abs(b - share));
  return { canary, stable, weight };
}

/**
 * The counts that come nearest to a weight, beside `stable` instances of stable: at least one canary, never more canaries than stable has now; above half, as many
 * as stable has now, and fewer of stable. Of two that are equally near the one with fewer canaries (or more of stable).
 */
export function nearestCounts(weight: BasisPoints, stable: number, room: BasisPoints = WHOLE): InstanceShare {
  const counts = Array.from({ length: stable }, (_, i) => i + 1);
  const candidates =
    weight * 2 <= room
      ? counts.map((canary) => shareOfCounts(canary, stable, room))
      : [...counts.reverse(), 0].map((left) => shareOfCounts(stable, left, room));
  const off = (share: InstanceShare): number => Math.abs(share.weight - weight);
  return candidates.reduce((best, one) => (off(one) < off(best) ? one : best), candidates[0] ?? shareOfCounts(0, 0, room));
}

/** What each single instance gets of all traffic under a split by weight, in basis points (not rounded): the weight is divided among the instances of each version. */
export function perInstance(
  weight: BasisPoints,
  { canary, stable }: { readonly canary: number; readonly stable: number },
  room: BasisPoints = WHOLE,
): { readonly canary: number; readonly stable: number } {
  const each = (share: BasisPoints, count: number): number => (count === 0 ? 0 : share / count);
  return { canary: each(weight, canary), stable: each(room - weight, stable) };
}
