import { expect } from 'chai';
import type { StartRule } from '../../../src/core/plan.js';
import { decideStart, type StartMemory, type StartSituation } from '../../../src/core/schedule/start.js';
import { cron } from './rules.js';

const HOUR = 3_600_000;
const NINE = Date.UTC(2026, 10, 23, 9);
const DAILY = cron('0 9 * * *');
const NEW: StartRule = { kind: 'new-version' };
const MEMORY: StartMemory = { plan: 'p', seenUntil: NINE - HOUR };

const situation = (change: Partial<StartSituation> = {}): StartSituation => ({
  service: 'payments',
  plan: 'p',
  schedule: {},
  ...change,
});
const running = (change: Partial<NonNullable<StartSituation['running']>> = {}) => ({
  running: { phase: 'Progressing' as const, samePlan: false, newVersion: 'supersede' as const, ...change },
});
const frozen = (until?: number) => ({
  freeze: { by: 'dana', reason: 'launch', since: 0, ...(until === undefined ? {} : { until }) },
});

describe('whether a rollout starts by itself', () => {
  it('starts at its due time, once, and waits for the next', () => {
    const first = decideStart(DAILY, MEMORY, NINE, situation());
    expect(first).to.deep.include({ kind: 'start', due: NINE, why: 'due Mon 09:00 UTC' });
    const again = decideStart(DAILY, first.memory, NINE + 1, situation());
    expect(again).to.deep.include({ kind: 'wait', wakeAt: NINE + 24 * HOUR });
    expect(decideStart(DAILY, first.memory, NINE, situation()).kind).to.equal('wait');
  });

  it('never starts for a time before its plan was seen, or applied, first', () => {
    expect(decideStart(DAILY, undefined, NINE + 1, situation()).kind).to.equal('wait');
    expect(decideStart(DAILY, { ...MEMORY, plan: 'old' }, NINE + 1, situation()).kind).to.equal('wait');
    expect(decideStart(DAILY, undefined, NINE + 1, situation({ appliedAt: NINE - 1 })).kind).to.equal('start');
  });

  it('makes up for a time that it missed, late and once; what is too late is skipped with a sentence', () => {
    const late = decideStart(DAILY, { ...MEMORY, seenUntil: NINE - 72 * HOUR }, NINE + HOUR / 2, situation());
    expect(late).to.deep.include({ kind: 'start', due: NINE, why: 'due 2026-11-23 09:00 UTC, started 30m late' });
    const over = decideStart(DAILY, MEMORY, NINE + HOUR + 1, situation());
    expect(over.kind === 'skip' && over.why).to.equal(
      'due 2026-11-23 09:00 UTC, skipped: nobody could start it for more than the 1h of catch_up; splitter start payments begins it by hand',
    );
    expect(decideStart(DAILY, over.memory, NINE + HOUR + 2, situation()).kind).to.equal('wait');
  });

  it('at: once ever', () => {
    const once: StartRule = { kind: 'at', at: NINE, catchUp: HOUR };
    const first = decideStart(once, MEMORY, NINE + 5, situation());
    expect(first.kind).to.equal('start');
    expect(decideStart(once, { ...first.memory, seenUntil: 0 }, NINE + 6, situation()).kind).to.equal('wait');
    expect(decideStart(once, undefined, NINE + 6, situation()).kind).to.equal('wait');
  });

  it('waits for a freeze or a window to end as long as catch_up, then skips', () => {
    const held = decideStart(DAILY, MEMORY, NINE, situation(frozen()));
    expect(held).to.deep.include({ kind: 'wait', wakeAt: NINE + HOUR + 1 });
    expect(held.memory.waiting).to.deep.equal({ due: NINE, queued: false });
    expect(decideStart(DAILY, held.memory, NINE + HOUR / 2, situation())).to.deep.include({ kind: 'start', due: NINE });
    const over = decideStart(DAILY, held.memory, NINE + HOUR + 1, situation(frozen()));
    expect(over.kind === 'skip' && over.why).to.match(/skipped: frozen by dana \(launch\) for more than the 1h of catch_up/);
    expect(over.memory.waiting).to.equal(undefined);
    const known = decideStart(DAILY, MEMORY, NINE, situation(frozen(NINE + 60_000)));
    expect(known).to.deep.include({ kind: 'wait', wakeAt: NINE + 60_000 });
  });

  for (const [name, change, kind] of [
    ['gives way', running(), 'start'],
    ['is waited for', running({ newVersion: 'queue' }), 'wait'],
    ['is in the way', running({ newVersion: 'reject' }), 'skip'],
    ['is of the same plan', running({ samePlan: true }), 'skip'],
    ['is being reverted', running({ phase: 'Reverting' }), 'wait'],
  ] as const)
    it(`while the last rollout still runs and ${name}: ${kind}`, () => {
      expect(decideStart(DAILY, MEMORY, NINE, situation(change)).kind).to.equal(kind);
    });

  it('a queued start comes when the last rollout has ended, however late', () => {
    const queued = decideStart(DAILY, MEMORY, NINE, situation(running({ newVersion: 'queue' })));
    const later = decideStart(DAILY, queued.memory, NINE + 5 * HOUR, situation());
    expect(later).to.deep.include({ kind: 'start', due: NINE, why: 'due 2026-11-23 09:00 UTC, started 5h late' });
  });

  it('a new version starts once, never again by itself, whatever else was tried since', () => {
    const v3 = decideStart(NEW, MEMORY, NINE, situation({ stable: '2', newest: '3' }));
    expect(v3.kind).to.equal('start');
    expect(decideStart(NEW, v3.memory, NINE + 1, situation({ stable: '2', newest: '3' })).kind).to.equal('wait');
    const v4 = decideStart(NEW, v3.memory, NINE + 1, situation({ stable: '2', newest: '4' }));
    expect(v4.kind).to.equal('start');
    for (const newest of ['3', '4', '2', undefined])
      expect(decideStart(NEW, v4.memory, NINE + 2, situation({ stable: '2', ...(newest && { newest }) })).kind).to.equal('wait');
    expect(decideStart(NEW, { ...v4.memory, plan: 'old' }, NINE, situation({ stable: '2', newest: '3' })).kind).to.equal('wait');
  });

  it('a new version that a person has tried is not started; one that comes in mid-rollout does as on.new_version says', () => {
    const own = situation({ stable: '2', newest: '3', lastVersion: '3', ...running({ samePlan: true }) });
    expect(decideStart(NEW, MEMORY, NINE, own).kind).to.equal('wait');
    const other = (newVersion: 'supersede' | 'queue' | 'reject') =>
      situation({ stable: '2', newest: '4', lastVersion: '3', ...running({ samePlan: true, newVersion }) });
    expect(decideStart(NEW, MEMORY, NINE, other('supersede')).kind).to.equal('start');
    expect(decideStart(NEW, MEMORY, NINE, other('queue')).kind).to.equal('wait');
    const rejected = decideStart(NEW, MEMORY, NINE, other('reject'));
    expect(rejected.kind).to.equal('skip');
    expect(decideStart(NEW, rejected.memory, NINE, situation({ stable: '2', newest: '4' })).kind).to.equal('wait');
  });

  it('a new version waits for a freeze to end, however long', () => {
    const held = decideStart(NEW, MEMORY, NINE, situation({ stable: '2', newest: '3', ...frozen(NINE + 9 * HOUR) }));
    expect(held).to.deep.include({ kind: 'wait', wakeAt: NINE + 9 * HOUR });
    expect(decideStart(NEW, held.memory, NINE + 9 * HOUR, situation({ stable: '2', newest: '3' })).kind).to.equal('start');
  });
});
