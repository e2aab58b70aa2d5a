import { expect } from 'chai';
import type { Schedule } from '../../../src/core/plan.js';
import { openSince, whyClosed } from '../../../src/core/schedule/closed.js';

const window = (from: number, to: number, days = [0, 1, 2, 3, 4, 5, 6], timezone = 'Europe/Paris'): Schedule => ({
  windows: [{ days, from: from * 60, to: to * 60, timezone }],
});
const at = (text: string): number => Date.parse(text);

describe('when advances are closed', () => {
  for (const [name, schedule, time, until] of [
    ['inside a window', window(9, 17), '2026-11-23T09:00:00+01:00', undefined],
    ['at its end', window(9, 17), '2026-11-23T17:00:00+01:00', '2026-11-24T09:00:00+01:00'],
    ['on another day', window(9, 17, [2]), '2026-11-25T12:00:00+01:00', '2026-12-01T09:00:00+01:00'],
    ['past midnight, the day after', window(22, 4, [1]), '2026-11-24T03:59:00+01:00', undefined],
    ['past midnight, on the day before', window(22, 4, [1]), '2026-11-23T03:00:00+01:00', '2026-11-23T22:00:00+01:00'],
    ['a whole day', window(0, 24, [1]), '2026-11-23T23:59:59+01:00', undefined],
    ['from the skipped hour on: at the end of the gap', window(2.5, 5), '2026-03-29T01:59:00+01:00', '2026-03-29T03:00:00+02:00'],
    ['all in the skipped hour: not on that day', window(2, 2.5), '2026-03-29T01:59:00+01:00', '2026-03-30T02:00:00+02:00'],
    ['through the doubled hour: open all the time', window(2.5, 5), '2026-10-25T02:15:00+01:00', undefined],
    ['to the doubled hour: closes at the first', window(1, 2.5), '2026-10-25T02:15:00+01:00', '2026-10-26T01:00:00+01:00'],
  ] as const)
    it(`a window: ${name}`, () => {
      const closed = whyClosed(schedule, undefined, at(time));
      expect(closed?.until === undefined ? undefined : new Date(closed.until).toISOString()).to.equal(
        until === undefined ? undefined : new Date(at(until)).toISOString(),
      );
      expect(closed?.reason).to.equal(until === undefined ? undefined : 'OutsideWindow');
    });

  it('a freeze of the plan has its last day in it, by the clocks of its zone', () => {
    const schedule: Schedule = {
      freeze: [{ from: '2026-12-20', to: '2027-01-03', timezone: 'Europe/Paris', reason: 'holidays' }],
    };
    expect(whyClosed(schedule, undefined, at('2026-12-19T23:59:59+01:00'))).to.equal(undefined);
    expect(whyClosed(schedule, undefined, at('2027-01-03T23:59:59+01:00'))).to.deep.equal({
      reason: 'PlanFreeze',
      message: 'its plan is frozen (holidays) until Mon 00:00 Europe/Paris',
      until: at('2027-01-04T00:00:00+01:00'),
    });
    expect(whyClosed(schedule, undefined, at('2027-01-04T00:00:00+01:00'))).to.equal(undefined);
  });

  it('the switch counts before all else, until it ends or is turned off', () => {
    const freeze = { by: 'dana', reason: 'launch', since: 0 };
    expect(whyClosed(window(9, 17), freeze, 1_000)).to.deep.equal({ reason: 'Frozen', message: 'frozen by dana (launch)' });
    expect(whyClosed(undefined, { ...freeze, until: 2_000 }, 1_999)?.until).to.equal(2_000);
    expect(whyClosed(undefined, { ...freeze, until: 2_000 }, 2_000)).to.equal(undefined);
    expect(whyClosed(undefined, { ...freeze, ended: 500, until: 2_000 }, 1_000)).to.equal(undefined);
  });

  it('is open since the last thing that held it ended; days that follow one another are one opening', () => {
    const noon = at('2026-11-23T12:00:00+01:00');
    expect(openSince(undefined, undefined, noon)).to.equal(Number.NEGATIVE_INFINITY);
    expect(openSince(window(9, 17), undefined, noon)).to.equal(at('2026-11-23T09:00:00+01:00'));
    expect(openSince(window(0, 24), undefined, noon)).to.be.lessThan(noon - 86_400_000);
    expect(openSince(undefined, { by: 'x', reason: 'y', since: 0, ended: noon - 5 }, noon)).to.equal(noon - 5);
  });
});
