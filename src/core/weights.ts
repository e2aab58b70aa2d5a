/** A share of traffic in basis points: an integer 0..10000, 100 of them to the percent. The only form of a weight inside splitter. */
export type BasisPoints = number;

/** All the traffic: 10000 basis points. */
export const WHOLE: BasisPoints = 10_000;

/** Basis points of a percentage as people write it (`50`, `"12.5%"`, `"12.5"`); undefined when it is no percentage 0..100 of at most two decimals. */
export function parsePercent(value: string | number): BasisPoints | undefined {
  const match = /^\s*(\d{1,3})(?:\.(\d{1,2})0*)?\s*%?\s*$/.exec(String(value));
  if (match === null) return undefined;
  const points = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return points <= WHOLE ? points : undefined;
}

/** A weight for people: `12.5%`, with no more decimals than it needs. */
export function formatPercent(points: BasisPoints): string {
  return `${points / 100}%`;
}

/** The weight as a Consul entry holds it: percent, at most two decimals. */
export function toConsulWeight(points: BasisPoints): number {
  return points / 100;
}

/** Basis points of a weight read from a Consul entry; a missing weight is 0 (Consul omits zero weights in compiled chains). */
export function fromConsulWeight(weight: number | undefined): BasisPoints {
  return Math.round((weight ?? 0) * 100);
}

/** What Envoy gets for a weight: Consul multiplies a float32 by 100 and truncates (agent/xds/routes.go), so 2.1 % arrives as 209. */
export function envoyWeight(points: BasisPoints): number {
  return Math.trunc(Math.fround(Math.fround(points / 100) * 100));
}

/** The weights nearest to this one, below and above, that Envoy gets exactly; the weight itself when it is exact. */
export function nearestExact(points: BasisPoints): readonly BasisPoints[] {
  if (envoyWeight(points) === points) return [points];
  const below = Array.from({ length: points }, (_, i) => points - 1 - i).find((p) => envoyWeight(p) === p);
  const above = Array.from({ length: WHOLE - points }, (_, i) => points + 1 + i).find((p) => envoyWeight(p) === p);
  return [below, above].filter((p) => p !== undefined);
}
