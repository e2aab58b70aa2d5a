import { expect } from 'chai';
import fc from 'fast-check';
import { chargeOf } from '../../src/core/rendezvous.js';

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 8 });
const keys = Array.from({ length: 200 }, (_, i) => `service-${i}`);

describe('rendezvous', () => {
  it('has no owner among none, no guardian among one, and two that differ among more', () => {
    expect(chargeOf('a', [])).to.deep.equal({});
    expect(chargeOf('a', ['c1'])).to.deep.equal({ owner: 'c1' });
    expect(chargeOf('a', ['c1', 'c1'])).to.deep.equal({ owner: 'c1' });
    for (const key of keys) {
      const { owner, guardian } = chargeOf(key, ['c1', 'c2', 'c3']);
      expect(owner).to.not.equal(guardian);
    }
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(members, fc.string(), (ids, key) => {
        expect(chargeOf(key, [...ids].reverse())).to.deep.equal(chargeOf(key, ids));
      }),
    );
  });

  it('a member that goes moves only its own, and the guardian becomes the owner', () => {
    fc.assert(
      fc.property(members, fc.nat(), (ids, which) => {
        const gone = ids[which % ids.length]!;
        const left = ids.filter((id) => id !== gone);
        for (const key of keys) {
          const [before, after] = [chargeOf(key, ids), chargeOf(key, left)];
          if (before.owner === gone) expect(after.owner).to.equal(before.guardian);
          else expect(after.owner).to.equal(before.owner);
          if (before.owner !== gone && before.guardian !== gone) expect(after).to.deep.equal(before);
        }
      }),
      { numRuns: 50 },
    );
  });

  for (const ids of [
    ['c1', 'c2', 'c3'],
    ['host-a1b2', 'host-a1b3', 'host-a1b4', 'host-a1b5', 'other-0000'],
    Array.from({ length: 12 }, (_, i) => `10.0.0.${i}`),
  ])
    it(`spreads 6,000 services over ${ids.length} members, each within a fifth of its share, as owner and as guardian`, () => {
      const many = Array.from({ length: 6_000 }, (_, i) => `team-${i % 7}-service-${i}`);
      const share = many.length / ids.length;
      for (const part of ['owner', 'guardian'] as const)
        for (const id of ids) {
          const own = many.filter((key) => chargeOf(key, ids)[part] === id).length;
          expect(own, `${id} as ${part}`).to.be.within(0.8 * share, 1.2 * share);
        }
    });
});
