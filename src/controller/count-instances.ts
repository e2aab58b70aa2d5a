import { remembering, totalOf } from '../core/datacenters.js';
import type { StoredEntry } from '../core/entries.js';
import type { Observation, Sites } from '../core/observation.js';
import type { Plan, Subset } from '../core/plan.js';
import type { Mesh } from '../ports.js';

/** What is known of instances, as a part of an observation. */
export type Counted = Pick<Observation, 'instances' | 'datacenters'>;

/** Counts the instances of each subset in every datacenter that shares the service's entries; `named` are those that count. What another one does not answer is told in it, and throws nothing. */
export async function countEverywhere(
  mesh: Pick<Mesh, 'countInstances' | 'readElsewhere'>,
  service: string,
  subsets: readonly Subset[],
  resolver: StoredEntry | undefined,
  named?: Plan['datacenters'],
  abort?: AbortSignal,
): Promise<Counted> {
  const [instances, sites] = await Promise.all([
    mesh.countInstances(service, subsets, resolver, abort),
    mesh.readElsewhere?.(service, subsets, resolver, abort),
  ]);
  return spread(instances, sites, named);
}

/** The counts at home and elsewhere as one; `before` is what is remembered of a datacenter that cannot be read. */
export function spread(
  instances: Counted['instances'],
  elsewhere: Sites | undefined,
  named: Plan['datacenters'],
  before?: Sites,
): Counted {
  if (elsewhere === undefined || (elsewhere.all.length === 0 && named === undefined)) return { instances };
  const all = [{ name: elsewhere.home, instances }, ...elsewhere.all];
  return countedFor({ instances, datacenters: remembering(before, { ...elsewhere, all }) }, named);
}

/** The counts of several datacenters as a plan that names these takes them. */
export function countedFor({ instances, datacenters }: Counted, named: Plan['datacenters']): Counted {
  if (datacenters === undefined) return { instances };
  return {
    instances: totalOf(datacenters, named),
    datacenters: named === undefined ? datacenters : { ...datacenters, named },
  };
}
