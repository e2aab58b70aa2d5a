import { anyVersionBut } from './auto.js';
import { metaOf, subsetsOf } from './entries.js';
import type { Observation } from './observation.js';
import type { Subset } from './plan.js';
import { readRecord } from './record.js';
import { isFinal } from './rollout.js';
import { sortVersions } from './version-order.js';
import { compareVersions, versionFilter, versionOf } from './versions.js';

/** Subsets for a ramp without a plan; which of them is stable is for findRoles to say. */
export interface Inferred {
  readonly subsets: readonly Subset[];
}

/** Why they cannot be told, and what to type. */
export interface InferRefusal {
  readonly refused: string;
  readonly hint: string;
}

/** Tells the two subsets from the resolver, or from the versions that run: the older becomes blue, the newer green; versions without an order are taken by their names. */
export function inferSubsets(service: string, seen: Observation, versions: readonly string[]): Inferred | InferRefusal {
  const known: readonly Subset[] = [...subsetsOf(seen.resolver?.entry)].map(([name, filter]) => ({ name, filter }));
  const ordered = sortVersions(versions) ?? [...new Set(versions)].sort(compareVersions);
  const versioned = known.map((subset) => withVersion(subset, ordered));
  const list = ordered.length === 0 ? 'none' : ordered.join(', ');
  if (known.length === 2) return { subsets: withNewVersion(versioned, idleSubset(seen), ordered) };
  if (known.length > 2)
    return {
      refused: `service-resolver/${service} has ${known.length} subsets (${known.map((subset) => subset.name).join(', ')}): a rollout is between two`,
      hint: `write a plan: splitter ramp ${service} --plan ${service}.yaml --to 10`,
    };
  if (known.length === 1) {
    const one = known[0]!;
    const own = versionOf(one.filter);
    if (own === undefined)
      return {
        refused: `service-resolver/${service} has the subset ${one.name} only, whose filter (${one.filter || 'none'}) names no version, so the other one cannot be told`,
        hint: `write a plan that names both: splitter ramp ${service} --plan ${service}.yaml --to 10`,
      };
    const others = ordered.filter((version) => version !== own);
    const [other] = others;
    if (other === undefined || others.length > 1)
      return {
        refused: `service-resolver/${service} has the subset ${one.name} only, and ${others.length} further versions run (${list})`,
        hint: `write a plan that names the other subset`,
      };
    return {
      subsets: [
        { ...one, version: own },
        { name: one.name === 'green' ? 'blue' : 'green', filter: versionFilter(other), version: other },
      ],
    };
  }
  if (ordered.length !== 2) {
    return {
      refused: `${service} runs ${ordered.length} versions by Service.Meta.version (${list}); without a plan it takes exactly two`,
      hint:
        ordered.length < 2
          ? `register the new instances with Meta { version = "…" }, then type this again`
          : `write a plan that says which two: subsets: { blue: { version: "…" }, green: { version: "…" } }`,
    };
  }
  const [older, newer] = ordered as [string, string];
  const subset = (name: string, version: string): Subset => ({ name, filter: versionFilter(version), version });
  return { subsets: [subset('blue', older), subset('green', newer)] };
}

/** The subset with the running version that its filter names, so that the older of two can be told. */
function withVersion(subset: Subset, versions: readonly string[]): Subset {
  const version = versionOf(subset.filter);
  return version === undefined || !versions.includes(version) ? subset : { ...subset, version };
}

/** The subset that carries nothing after a finished rollout: free for the next version. */
function idleSubset(seen: Observation): string | undefined {
  const record = seen.splitter === undefined ? undefined : readRecord(metaOf(seen.splitter.entry));
  if (record === undefined || !isFinal(record)) return undefined;
  return record.state.phase === 'Promoted' ? record.stable : record.canary;
}

/** The newest version that runs and is in no subset yet takes the idle subset; roles swap from release to release. Where a filter names no version, none is known to be new. */
function withNewVersion(known: readonly Subset[], idle: string | undefined, ordered: readonly string[]): readonly Subset[] {
  const taken = known.map(({ filter }) => versionOf(filter));
  const reserved = (filter: string): boolean => known.some((other) => filter === anyVersionBut(other.filter));
  const fresh = known.some(({ filter }) => versionOf(filter) === undefined && !reserved(filter))
    ? undefined
    : sortVersions(ordered.filter((version) => !taken.includes(version)))?.at(-1);
  if (fresh === undefined || idle === undefined) return known;
  return known.map((subset) => (subset.name === idle ? { name: idle, filter: versionFilter(fresh), version: fresh } : subset));
}
