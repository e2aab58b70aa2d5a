import type { MeshLists } from '../ports.js';
import { follow } from './follow.js';

/** Between two reads at least, ms: in an outage checks change all the time. */
const PACE = 50;

/**
 * Follows the critical checks of the whole datacenter by one query until `abort`; calls back with the names of the services whose checks have just
 * turned critical or are so no longer (a sidecar's with that of its service). An empty name means a whole node, so any service.
 */
export async function followCriticalChecks(
  mesh: Pick<MeshLists, 'listCritical'>,
  onChanged: (services: ReadonlySet<string>) => void,
  abort: AbortSignal,
  onTrouble: (error: Error) => void,
): Promise<void> {
  let known = new Map<string, string>();
  const look = async (index: number): Promise<number> => {
    const { critical, index: next } = await mesh.listCritical({ index, abort });
    const now = new Map(critical.map(({ check, service }) => [check, service]));
    const changed = [...known, ...now].filter(([check]) => known.has(check) !== now.has(check)).map(([, service]) => service);
    known = now;
    if (changed.length > 0) onChanged(new Set(changed.map((service) => service.replace(/-sidecar-proxy$/, ''))));
    return next;
  };
  await follow(look, abort, { onTrouble, pace: () => PACE });
}
