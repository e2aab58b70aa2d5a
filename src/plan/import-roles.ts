import type { Subset } from '../core/plan.js';
import { compareVersions } from '../core/versions.js';
import type { BasisPoints } from '../core/weights.js';
import type { Text } from './plan-text.js';

/** One line of a splitter that leads to a subset. */
export interface Leg {
  readonly subset: string;
  readonly weight: BasisPoints;
}

/** Of several subsets besides stable: the one with traffic; of several of those, or where there is none, the newest. */
export function pickCanary(stable: string, subsets: ReadonlyMap<string, Subset>, legs: readonly Leg[]): string {
  const others = [...subsets.keys()].filter((name) => name !== stable);
  const split = others.filter((name) => legs.some(({ subset }) => subset === name));
  const carrying = split.filter((name) => legs.some(({ subset, weight }) => subset === name && weight > 0));
  const among = [carrying, split, others].find((names) => names.length > 0)!;
  return byVersion(among, subsets).at(-1)!;
}

/** The subset of the oldest version; the first where nothing tells their versions. */
export function oldestOf(names: readonly string[], subsets: ReadonlyMap<string, Subset>): string {
  return byVersion(names, subsets)[0]!;
}

function byVersion(names: readonly string[], subsets: ReadonlyMap<string, Subset>): readonly string[] {
  return [...names].sort((a, b) => compareVersions(looseVersion(subsets.get(a)), looseVersion(subsets.get(b))));
}

/** To where canary stands and on to all that the further legs leave; from nothing, by way of 10 % and half. A person lets it go on. */
export function stepsFrom(canary: BasisPoints, room: BasisPoints): readonly Text[] {
  const way = canary > 0 && canary < room ? [canary] : [1_000, 5_000].filter((weight) => weight < room);
  return [...way.flatMap((weight) => [{ weight: weight / 100 }, { pause: {} }]), { weight: room / 100 }];
}

/** The version that a filter compares with, in whatever spelling, for telling the older of two. */
export function looseVersion(subset: Subset | undefined): string {
  return /Service\.Meta\.version\s*==\s*["`]?([^"`\s)]+)/.exec(subset?.filter ?? '')?.[1] ?? '';
}
