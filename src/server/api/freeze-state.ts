import { freezeEnd, isFrozen } from '../../core/schedule/freeze.js';
import type { Desk } from './desk.js';
import type { FreezeState } from './schemas.js';

/** What the switch that stops all advances says now. */
export function freezeState(desk: Pick<Desk, 'freeze' | 'now'>): FreezeState {
  const freeze = desk.freeze();
  if (!isFrozen(freeze, desk.now())) return { frozen: false, by: null, reason: null, since: null, until: null };
  const end = freezeEnd(freeze);
  const until = end === undefined ? null : timeOf(end);
  return { frozen: true, by: freeze.by, reason: freeze.reason, since: timeOf(freeze.since), until };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
