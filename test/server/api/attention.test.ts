import { expect } from 'chai';
import type { Status } from '../../../src/core/status.js';
import { attentionOf } from '../../../src/server/api/attention.js';
import { NOON } from '../../support/world.js';

const leg = { weight: { asked: 10 } };
const signal = { name: 'errors', verdict: 'Successful', samples: 100 };
const base = {
  phase: 'Progressing',
  reason: 'Stepping',
  driver: { id: 'c1' },
  updatedAt: new Date(NOON).toISOString(),
  signals: [signal],
  canary: leg,
};
const MINUTES = 60_000;

describe('how much a rollout needs a person', () => {
  for (const [change, minutes, expected] of [
    [{}, 0, 'progressing'],
    [{ phase: 'Pending' }, 0, 'progressing'],
    [{ phase: 'Baking' }, 0, 'baking'],
    [{ phase: 'Paused', reason: 'PauseStep' }, 0, 'person'],
    [{ phase: 'Paused', reason: 'SignalError' }, 0, 'no_data'],
    [{ driver: null }, 0, 'no_data'],
    [{ signals: [{ ...signal, verdict: 'Error' }] }, 0, 'no_data'],
    [{ signals: [{ ...signal, verdict: 'Error', dryRun: true }] }, 0, 'progressing'],
    [{ signals: [{ ...signal, samples: 0 }] }, 0, 'progressing'],
    [{ signals: [{ ...signal, samples: 0 }] }, 2, 'no_data'],
    [{ signals: [{ ...signal, samples: 0 }], canary: { weight: { asked: 0 } } }, 2, 'progressing'],
    [{ phase: 'Reverting', reason: 'Aborted' }, 0, 'reverted'],
    [{ phase: 'Reverted', reason: 'SignalFailed' }, 60, 'reverted'],
    [{ phase: 'Reverted', reason: 'SignalFailed' }, 25 * 60, 'idle'],
    [{ phase: 'Reverted', reason: 'Aborted' }, 0, 'idle'],
    [{ phase: 'Promoted', reason: 'BakePassed' }, 0, 'idle'],
    [{ phase: null }, 0, 'idle'],
  ] as const)
    it(`${JSON.stringify(change)}, ${minutes} minutes on: ${expected}`, () => {
      expect(attentionOf({ ...base, ...change } as unknown as Status, NOON + minutes * MINUTES)).to.equal(expected);
    });
});
