import { expect } from 'chai';
import type { Rollout, State } from '../../src/core/rollout.js';
import { decideWaves, mayHaveWaves, type Site, type WaveTask } from '../../src/core/waves.js';
import { makeRollout } from '../support/world.js';

const ID = '01M';
const own = (phase: State['phase'], reason: string, id = ID): Rollout =>
  makeRollout(0, { id, wave: 'home', state: { phase, reason, step: 4 } as State, message: `is ${phase}` });
const promoted = own('Promoted', 'BakePassed');
const live = own('Progressing', 'Stepping');
const failed = own('Reverted', 'SignalFailed');
const undone = own('Reverted', 'WaveReverted');
const reverting = own('Reverting', 'WaveReverted');
const older = own('Promoted', 'BakePassed', '01A');
const olderLive = own('Progressing', 'Stepping', '01A');
const newer = own('Progressing', 'Stepping', '01Z');

const cases: readonly [string, readonly Site['record'][], string][] = [
  ['home is under way', [live, 'none', 'none'], 'rest'],
  ['home is promoted', [promoted, 'none', 'none'], 'begin 1'],
  ['an older rollout was promoted there', [promoted, older, 'none'], 'begin 1'],
  ['an older rollout is in the way', [promoted, olderLive, 'none'], 'undo 1'],
  ['the wave is under way', [promoted, live, 'none'], 'drive 1'],
  ['the first wave is promoted', [promoted, promoted, 'none'], 'begin 2'],
  ['all are promoted', [promoted, promoted, promoted], 'rest'],
  ['a wave cannot be reached', [promoted, 'unknown', 'none'], 'wait'],
  ['a newer rollout is at a wave', [promoted, newer, 'none'], 'rest'],
  ['the first wave failed', [promoted, failed, 'none'], 'undo 0'],
  ['the second wave failed', [promoted, promoted, failed], 'undo 1'],
  ['it is being taken back', [promoted, reverting, failed], 'undo 0'],
  ['all is back but for the clean-up', [undone, reverting, failed], 'drive 1'],
  ['all is back', [undone, undone, failed], 'rest'],
  ['home was undone by a person', [own('Reverted', 'Undone'), promoted, promoted], 'undo 2'],
  ['home was undone while a wave is under way', [own('Reverted', 'Undone'), promoted, live], 'undo 2'],
  ['a wave failed and one before it cannot be reached', [promoted, 'unknown', failed], 'undo 0'],
  ['only what cannot be reached may be left', [undone, 'unknown', failed], 'wait'],
  ['a newer rollout began at home', [newer, promoted, promoted], 'rest'],
  ['a newer rollout began at home while a wave is under way', [newer, promoted, live], 'undo 2'],
];

const NAMES = ['home', 'eu', 'us'];
const sitesOf = (records: readonly Site['record'][]): readonly Site[] =>
  records.map((record, i) => ({ name: NAMES[i]!, record }));
const show = (task: WaveTask): string => ('site' in task ? `${task.kind} ${task.site}` : task.kind);

describe('a rollout in waves', () => {
  for (const [name, records, task] of cases)
    it(`${task}: ${name}`, () => expect(show(decideWaves(ID, sitesOf(records)))).to.equal(task));

  it('says why it takes a site back', () =>
    expect(decideWaves(ID, sitesOf([promoted, failed, 'none'])).why).to.equal('it was taken back at eu: is Reverted'));

  it('always comes to rest, in order and back in reverse, when each site does as it is told', () => {
    for (const failing of [undefined, 1, 2]) {
      const records: Site['record'][] = [promoted, 'none', 'none'];
      const done: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const task = decideWaves(ID, sitesOf(records));
        if (!('site' in task)) break;
        done.push(show(task));
        if (task.kind === 'begin') records[task.site] = live;
        if (task.kind === 'drive') records[task.site] = task.site === failing ? failed : promoted;
        if (task.kind === 'undo') records[task.site] = undone;
      }
      expect(decideWaves(ID, sitesOf(records)).kind).to.equal('rest');
      const way = ['begin 1', 'drive 1', 'begin 2', 'drive 2'];
      const back = failing === undefined ? [] : Array.from({ length: failing }, (_, i) => `undo ${failing - 1 - i}`);
      expect(done).to.deep.equal([...way.slice(0, (failing ?? 2) * 2), ...back]);
    }
  });

  it('costs nothing where nothing of it can be left', () => {
    const rows = [promoted, undone, own('Reverted', 'Undone'), failed, live, { ...promoted, wave: 'eu' }, makeRollout(0)];
    expect(rows.map(mayHaveWaves)).to.deep.equal([true, true, true, false, false, false, false]);
  });
});
