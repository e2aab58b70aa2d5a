import { FOREGROUND } from '../core/driver-lost.js';
import type { Rollout } from '../core/rollout.js';
import type { Context } from './context.js';

const MOVING: readonly Rollout['state']['phase'][] = ['Pending', 'Progressing', 'Baking'];

/** The record as a verb may write it: one that it sets in motion names no terminal that has ended, for what no terminal drives is the controllers'. */
export async function handOver({ lock, clock }: Context, service: string, next: Rollout): Promise<Rollout> {
  if (!MOVING.includes(next.state.phase) || !FOREGROUND.test(next.driver)) return next;
  try {
    const driver = await lock.read(service, clock.now());
    return driver?.id === next.driver ? next : { ...next, driver: '' };
  } catch {
    // Who lives cannot be told: a terminal that may live keeps its rollout.
    return next;
  }
}
