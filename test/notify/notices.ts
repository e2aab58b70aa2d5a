import type { Notice } from '../../src/core/notice.js';
import { NOON } from '../support/world.js';

/** A notice of a revert, with these changes. */
export function makeNotice(change: Partial<Notice> = {}): Notice {
  return {
    service: 'payments',
    rollout: '01JDK7Q0000000000000000000',
    seq: 9,
    kind: 'reverted',
    at: NOON,
    title: 'payments is reverted to blue "2" (SignalFailed)',
    sentence: 'errors: 3% of 900 requests, more than 0.5%',
    phase: 'Reverted',
    reason: 'SignalFailed',
    stable: 'blue',
    canary: 'green',
    weights: [
      { subset: 'blue', weight: 10_000 },
      { subset: 'green', weight: 0 },
    ],
    by: 'dana',
    driver: 'start:dana:1:x',
    evidence: [{ signal: 'errors', verdict: 'Failed', value: '3%', bound: '<= 0.5%', samples: 900, message: '27 of 900 failed' }],
    next: 'splitter history payments',
    ...change,
  };
}
