import { expect } from 'chai';
import { Cron } from 'croner';
import { nextDue } from '../../../src/core/schedule/due.js';
import { localTime, stretchAt } from '../../../src/core/schedule/zone.js';
import { cron } from './rules.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The year that is simulated. */
const [BEGIN, END] = [Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1)];

interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The clock changes of a zone in the year. */
function changesOf(zone: string): readonly Change[] {
  const changes: Change[] = [];
  for (let at = BEGIN; at < END; at = stretchAt(zone, at).to) {
    const [before, after] = [stretchAt(zone, at - 1).offset, stretchAt(zone, at).offset];
    if (before !== after && at > BEGIN) changes.push({ at, before, after });
  }
  return changes;
}

/** Every due time of the year, or of a part of it. */
function dueIn(text: string, zone: string, from = BEGIN, to = END): number[] {
  const rule = cron(text, zone);
  const due: number[] = [];
  for (let at = nextDue(rule, from - 1); at !== undefined && at < to; at = nextDue(rule, at)) due.push(at);
  return due;
}

/** The same as croner has it, with the rules of Vixie's cron. */
function oracle(text: string, zone: string, from = BEGIN, to = END): number[] {
  const job = new Cron(text, { timezone: zone, paused: true, fixedTimeRule: 'no-wildcard' });
  const due: number[] = [];
  for (let at = job.nextRun(new Date(from - 1_000)); at !== null && at.getTime() < to; at = job.nextRun(at))
    due.push(at.getTime());
  return due;
}

const CHANGES = new Map(
  Intl.supportedValuesOf('timeZone').flatMap((zone) => {
    const changes = changesOf(zone);
    return changes.length === 0 ? [] : [[zone, changes] as const];
  }),
);

/** One zone for each different set of clock changes. */
const DISTINCT = [...new Map([...CHANGES].map(([zone, changes]) => [JSON.stringify(changes), zone])).values()];

/** Minute and hour of a time that the change skips or doubles: its first (part 0) or one further in. */
function at(zone: string, { at: instant, before, after }: Change, part: number): string {
  const low = instant + Math.min(before, after);
  const time = new Date(low + Math.floor((Math.abs(after - before) * part) / 60_000) * 60_000);
  expect(localTime(zone, instant) - (instant + after), zone).to.equal(0);
  return `${time.getUTCMinutes()} ${time.getUTCHours()}`;
}

/** Where a gap ends at midnight, the oracle skips what is in it, since the day is over; by the rule here it is due at midnight. */
function withMidnight(times: number[], text: string, { at: instant, before, after }: Change): number[] {
  const [minute = 0, hour = 0] = text.split(' ').map(Number);
  const [begins, ends] = [(instant + before) % DAY, (instant + after) % DAY];
  const swallowed = after > before && ends === 0 && hour * HOUR + minute * 60_000 >= begins;
  return swallowed ? [...times, instant].sort((a, b) => a - b) : times;
}

const shown = (times: readonly number[]): readonly string[] => times.map((time) => new Date(time).toISOString());

describe('a year of starts in every zone with a clock change', () => {
  it('has zones with changes of all kinds in it', () => {
    const all = [...CHANGES.values()].flat();
    expect(CHANGES.size).to.be.greaterThan(100);
    expect(DISTINCT.length).to.be.greaterThan(10);
    expect(new Set(all.map(({ before, after }) => Math.abs(after - before) / 60_000))).to.include.members([30, 60]);
  });

  it('a daily time in the skipped hour and in the doubled one is due once a day, each day, as the oracle has it', () => {
    for (const [zone, changes] of CHANGES)
      for (const change of changes)
        for (const part of [0, 0.5]) {
          const text = `${at(zone, change, part)} * * *`;
          const [from, to] = [change.at - 2 * DAY, change.at + 2 * DAY];
          const due = dueIn(text, zone);
          const around = due.filter((one) => one >= from && one < to);
          expect(shown(around), `${text} ${zone}`).to.deep.equal(shown(withMidnight(oracle(text, zone, from, to), text, change)));
          const apart = due.slice(1).map((one, i) => one - due[i]!);
          expect(Math.min(...apart), `${text} ${zone}`).to.be.at.least(DAY - 2 * HOUR);
          expect(Math.max(...apart), `${text} ${zone}`).to.be.at.most(DAY + 2 * HOUR);
          expect(due.length, `${text} ${zone}`).to.equal(365);
        }
  }).timeout(120_000);

  for (const text of ['0 9 * * 1-5', '30 2 1,15 * *', '0 9 1 * 1', '30 1,2,3 * * 0'])
    it(`${text} is due as the oracle has it, in each zone with rules of its own`, () => {
      for (const zone of DISTINCT) expect(shown(dueIn(text, zone)), zone).to.deep.equal(shown(oracle(text, zone)));
    }).timeout(120_000);

  for (const [text, every] of [
    ['0 * * * *', HOUR],
    ['*/15 * * * *', HOUR / 4],
    ['15,45 */6 * * *', undefined],
  ] as const)
    it(`${text} goes by the time that passes, as the oracle has it around each change of each zone with rules of its own`, () => {
      for (const zone of DISTINCT)
        for (const change of CHANGES.get(zone)!) {
          const [from, to] = [change.at - DAY, change.at + DAY];
          expect(shown(dueIn(text, zone, from, to)), zone).to.deep.equal(shown(oracle(text, zone, from, to)));
        }
      if (every === undefined) return;
      for (const zone of ['Europe/Paris', 'America/New_York', 'Asia/Gaza'])
        expect(dueIn(text, zone).length, zone).to.equal((END - BEGIN) / every);
    }).timeout(120_000);

  it('minutes of a named hour are times of the clock (where the oracle skips and repeats them): each once', () => {
    const inGap = dueIn('*/20 2 * * *', 'Europe/Paris');
    expect(shown(inGap.filter((time) => time >= Date.UTC(2027, 2, 28) && time < Date.UTC(2027, 2, 29)))).to.deep.equal([
      '2027-03-28T01:00:00.000Z',
    ]);
    expect(shown(inGap.filter((time) => time >= Date.UTC(2027, 9, 31) && time < Date.UTC(2027, 10, 1)))).to.deep.equal([
      '2027-10-31T00:00:00.000Z',
      '2027-10-31T00:20:00.000Z',
      '2027-10-31T00:40:00.000Z',
    ]);
    expect(inGap.length).to.equal(365 * 3 - 2);
  });
});
