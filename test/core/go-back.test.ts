import { expect } from 'chai';
import { subsetsOf, withDefaultSubset } from '../../src/core/entries.js';
import { weightOf } from '../../src/core/legs.js';
import type { Rollout } from '../../src/core/rollout.js';
import { findWayBack, goBack } from '../../src/core/verbs/go-back.js';
import { versionFilter } from '../../src/core/versions.js';
import { makeRollout, makeSeen, NOON } from '../support/world.js';

const to = (version: string) => ({ filter: versionFilter(version), version });
const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
const reverted = makeRollout(0, { state: { phase: 'Reverted', reason: 'SignalFailed', step: 1 } });

describe('the way back to an earlier version', () => {
  const way = (rollout: Rollout | undefined, version: string, seen = makeSeen(rollout)) => {
    const found = findWayBack('payments', seen, rollout, to(version));
    if (found.kind === 'refused') return found.message;
    return found.kind === 'there'
      ? `there: ${found.subset}`
      : `${found.from} -> ${found.to.name}${found.write ? ', made first' : ''}`;
  };

  for (const [name, rollout, version, expected] of [
    ['the version before the promotion has its subset still', promoted, '2', 'green -> blue'],
    ['an older one gets the subset that carries nothing', promoted, '1', 'green -> blue, made first'],
    ['users are there already', promoted, '3', 'there: green'],
    ['after a revert the canary’s subset is the free one', reverted, '1', 'blue -> green, made first'],
    ['after a revert they are on stable', reverted, '2', 'there: blue'],
  ] as const)
    it(name, () => expect(way(rollout, version)).to.equal(expected));

  it('is none while a rollout moves, or while users are on two versions', () => {
    expect(way(makeRollout(10), '1')).to.match(/under way \(Progressing\)/);
    const both = makeRollout(30, { state: { phase: 'Reverted', reason: 'Aborted', step: 1 } });
    expect(way(both, '1')).to.match(/users of payments are on blue and green/);
    const { splitter: _, ...unsplit } = makeSeen(promoted);
    expect(way(undefined, '1', unsplit)).to.match(/has no split/);
  });

  it('never re-filters what carries traffic or what is the default subset', () => {
    const found = findWayBack('payments', makeSeen(promoted), promoted, to('1'));
    expect(found.kind === 'way' && [...subsetsOf(found.write?.entry)]).to.deep.equal([
      ['blue', versionFilter('1')],
      ['green', versionFilter('3')],
    ]);
    const seen = makeSeen(promoted);
    const resolver = { modifyIndex: 11, entry: withDefaultSubset(seen.resolver!, 'blue') };
    expect(way(promoted, '1', { ...seen, resolver })).to.match(/blue is the default subset/);
  });

  it('is one record that takes everything back, and says that the default subset has to follow', () => {
    const seen = makeSeen(promoted);
    const beginning = { id: '01JDK7Q0000000000000000001', plan: 'abc', driver: '', by: 'dana' };
    const make = (world: typeof seen) =>
      goBack({ to: { name: 'blue', ...to('1') }, from: 'green' }, world, promoted, beginning, [], NOON);
    const rollout = make(seen);
    expect([weightOf(rollout.asked, 'blue'), weightOf(rollout.asked, 'green')]).to.deep.equal([10_000, 0]);
    expect([rollout.state.phase, rollout.state.reason, rollout.message]).to.deep.equal([
      'Reverted',
      'Undone',
      'undone by dana: back on 1 (blue) from green',
    ]);
    const resolver = { modifyIndex: 11, entry: withDefaultSubset(seen.resolver!, 'green') };
    expect(make({ ...seen, resolver }).state.phase).to.equal('Reverting');
  });
});
