import { expect } from 'chai';
import type { StartRule } from '../../src/core/plan.js';
import { statusOf } from '../../src/core/status.js';
import { readCron } from '../../src/plan/cron.js';
import { makeSeen, NOON } from '../support/world.js';

function nextStart(start: StartRule) {
  return statusOf({
    service: 'payments',
    rollout: undefined,
    seen: makeSeen(undefined),
    now: NOON,
    plan: undefined,
    driver: undefined,
    schedule: { start },
  }).nextStart;
}

describe('the next start in a status', () => {
  it('is told in the zone of its cron', () => {
    const read = readCron('0 9 * * 1-5');
    if (!('fields' in read)) throw new Error('no cron');
    expect(
      nextStart({ kind: 'cron', text: '0 9 * * 1-5', fields: read.fields, timezone: 'Europe/Paris', catchUp: 0 }),
    ).to.deep.equal({
      at: '2026-11-23T08:00:00.000Z',
      rule: 'cron 0 9 * * 1-5',
      message: 'Mon 2026-11-23 09:00 Europe/Paris (cron 0 9 * * 1-5)',
    });
  });

  it('is that of one moment as long as it is to come, and has no moment for a new version', () => {
    expect(nextStart({ kind: 'at', at: NOON + 60_000, catchUp: 0 })).to.deep.equal({
      at: '2026-11-21T12:01:00.000Z',
      rule: 'at',
      message: 'Sat 2026-11-21 12:01 UTC',
    });
    expect(nextStart({ kind: 'at', at: NOON - 1, catchUp: 0 })).to.equal(undefined);
    expect(nextStart({ kind: 'new-version' })).to.deep.include({ at: null, rule: 'on new_version' });
  });
});
