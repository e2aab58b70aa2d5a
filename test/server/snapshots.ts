import type { RolloutSnapshot } from '../../src/controller/snapshot.js';
import type { Finding } from '../../src/core/verdict.js';
import { makeRollout, NOON } from '../support/world.js';

/** A finding with these changes. */
export function makeFinding(change: Partial<Finding> = {}): Finding {
  return {
    name: 'errors',
    source: 'envoy',
    verdict: 'Successful',
    value: '0.2%',
    bound: '<= 0.5%',
    samples: 4_120,
    failed: 8,
    at: NOON,
    message: '0.2% of 4,120 requests failed; the bound is 0.5%',
    ...change,
  };
}

/** A rollout at 10 %, owned, where everything agrees; with these changes. */
export function makeSnapshot(change: Partial<RolloutSnapshot> = {}): RolloutSnapshot {
  const rollout = makeRollout(10);
  return {
    service: 'payments',
    rollout,
    findings: [makeFinding()],
    stored: rollout.asked,
    observed: { blue: 9_012, green: 988 },
    role: 'owner',
    ...change,
  };
}
