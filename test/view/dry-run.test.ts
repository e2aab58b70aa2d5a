import { expect } from 'chai';
import { statusOf } from '../../src/core/status.js';
import { liveLines } from '../../src/view/live.js';
import { plainLine } from '../../src/view/plain.js';
import { renderStatus } from '../../src/view/status.js';
import { PLAIN } from '../../src/view/style.js';
import { finding, makePlan, makeRollout, makeSeen, NOON } from '../support/world.js';

describe('a dry run in every view', () => {
  const plan = makePlan();
  const rollout = makeRollout(10);
  const findings = [finding('errors', 'Successful'), finding('trial', 'Failed', { dryRun: true })];
  const seen = makeSeen(rollout, { findings });

  it('is marked in the live view and in the lines of a log', () => {
    const moment = { plan, rollout, seen, why: 'pause', now: NOON, wakeAt: NOON };
    const rows = liveLines(moment, 'ramp', { style: PLAIN, columns: 80 });
    expect(rows.filter((row) => row.includes('(dry run)'))).to.have.length(1);
    expect(rows.find((row) => row.includes('trial'))).to.match(/Failed .*\(dry run\)/);
    for (const row of rows) expect(row.length, row).to.be.at.most(80);
    expect(plainLine(moment).line).to.include(' errors=Successful trial=Failed(dry run) ');
  });

  it('is marked in a status, in words and in JSON', () => {
    const status = statusOf({ service: 'payments', rollout, seen, now: NOON, plan: { plan, source: null }, driver: undefined });
    expect(status.signals.map(({ dryRun }) => dryRun)).to.deep.equal([undefined, true]);
    const text = renderStatus(status, PLAIN, NOON);
    expect(text).to.match(/trial +Failed +\(dry run\) /);
    expect(text).to.not.match(/errors +Successful +\(dry run\)/);
  });
});
