import { expect } from 'chai';
import { Trouble } from '../../src/controller/trouble.js';

describe('trouble', () => {
  it('is news once, holds advances while it lasts and for four seconds after, and tells how long it lasted', () => {
    const trouble = new Trouble();
    expect([trouble.allowsAdvance(0), trouble.since]).to.deep.equal([true, undefined]);
    expect([trouble.enter(1_000), trouble.enter(2_000), trouble.since]).to.deep.equal([true, false, 1_000]);
    expect(trouble.allowsAdvance(60_000)).to.equal(false);
    expect([trouble.leave(61_000), trouble.since]).to.deep.equal([60_000, undefined]);
    expect([trouble.allowsAdvance(64_999), trouble.allowsAdvance(65_000)]).to.deep.equal([false, true]);
  });

  for (const [lasted, holds] of [
    [0, 1_000],
    [10, 1_000],
    [2_500, 2_500],
    [4_000, 4_000],
  ] as const)
    it(`that lasted ${lasted} ms holds for ${holds} ms more`, () => {
      const trouble = new Trouble();
      trouble.enter(0);
      trouble.leave(lasted);
      const at = lasted + holds;
      expect([trouble.allowsAdvance(at - 1), trouble.allowsAdvance(at)]).to.deep.equal([false, true]);
    });

  it('a short one right after a long one ends the waiting no sooner', () => {
    const trouble = new Trouble();
    trouble.enter(0);
    trouble.leave(60_000);
    trouble.enter(60_100);
    trouble.leave(60_110);
    expect([trouble.allowsAdvance(64_109), trouble.allowsAdvance(64_110)]).to.deep.equal([false, true]);
  });

  it('that comes and goes holds twice as long each time, up to four seconds; one that comes later begins anew', () => {
    const trouble = new Trouble();
    let now = 0;
    for (const holds of [1_000, 2_000, 4_000, 4_000]) {
      trouble.enter(now);
      trouble.leave(now);
      expect([holds, trouble.allowsAdvance(now + holds - 1), trouble.allowsAdvance(now + holds)]).to.deep.equal([
        holds,
        false,
        true,
      ]);
      now += holds + 500;
    }
    now += 4_000;
    trouble.enter(now);
    trouble.leave(now);
    expect(trouble.allowsAdvance(now + 1_000)).to.equal(true);
  });

  it('that comes back within that second holds anew', () => {
    const trouble = new Trouble();
    trouble.enter(0);
    trouble.leave(100);
    expect(trouble.enter(500)).to.equal(true);
    expect([trouble.allowsAdvance(1_200), trouble.leave(1_200)]).to.deep.equal([false, 700]);
    expect([trouble.allowsAdvance(3_199), trouble.allowsAdvance(3_200)]).to.deep.equal([false, true]);
  });

  it('left without having been entered lasted no time', () => {
    expect(new Trouble().leave(5_000)).to.equal(0);
  });
});
