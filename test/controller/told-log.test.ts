import { expect } from 'chai';
import { ToldLog } from '../../src/controller/told-log.js';
import { type LogEntry, logEntry } from '../../src/core/history.js';
import { makePlan, makeRollout, NOON } from '../support/world.js';

const entry = (seq: number, percent: number): LogEntry => logEntry(makeRollout(percent, { seq }), NOON, [], 0, seq);

describe('a log that tells of news', () => {
  it('calls back after what may be news is written, and not for saved evidence', async () => {
    const events: string[] = [];
    const written = {
      recordPlan: async (service: string) => void events.push(`plan of ${service}`),
      log: async (_: string, __: string, entries: readonly LogEntry[]) =>
        void events.push(`wrote ${entries.map(({ seq }) => seq)}`),
    };
    const log = new ToldLog(written, (service, rollout) => events.push(`news of ${service} ${rollout}`));
    await log.recordPlan('payments', '01A', 'abc', makePlan(), 'plan.yaml');
    await log.log('payments', '01A', [entry(1, 10)]);
    await log.log('payments', '01A', [entry(2, 10), entry(3, 10)]);
    await log.log('payments', '01A', [entry(4, 10), entry(5, 20), entry(6, 20)]);
    await log.log('payments', '01A', []);
    expect(events).to.deep.equal([
      'plan of payments',
      'wrote 1',
      'news of payments 01A',
      'wrote 2,3',
      'wrote 4,5,6',
      'news of payments 01A',
      'wrote ',
    ]);
  });

  it('calls back for nothing that could not be written', async () => {
    const failing = { recordPlan: async () => undefined, log: () => Promise.reject(new Error('no leader')) };
    const told: string[] = [];
    const failure = await new ToldLog(failing, (service) => told.push(service))
      .log('payments', '01A', [entry(1, 10)])
      .catch((error: Error) => error.message);
    expect([failure, told]).to.deep.equal(['no leader', []]);
  });
});
