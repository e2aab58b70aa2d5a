import { expect } from 'chai';
import { GuessLimit } from '../../../src/server/api/guess-limit.js';

describe('the limit on wrong tokens', () => {
  it('holds for an address for a minute, and for no other one', () => {
    let now = 0;
    const limit = new GuessLimit(() => now);
    for (let i = 0; i < 19; i++) limit.wrong('a');
    expect(limit.isOver('a')).to.equal(false);
    limit.wrong('a');
    expect([limit.isOver('a'), limit.isOver('b')]).to.deep.equal([true, false]);
    now = 60_000;
    expect(limit.isOver('a')).to.equal(false);
  });

  it('forgets the oldest addresses, not the newest', () => {
    const limit = new GuessLimit(() => 0);
    for (let i = 0; i < 20; i++) limit.wrong('first');
    for (let n = 0; n < 1_000; n++) limit.wrong(`other-${n}`);
    for (let i = 0; i < 20; i++) limit.wrong('last');
    expect([limit.isOver('first'), limit.isOver('last')]).to.deep.equal([false, true]);
  });
});
