import { expect } from 'chai';
import { Followers } from '../../src/controller/followers.js';
import { type Leg, splitLegs } from '../../src/core/legs.js';
import type { CallerTraffic, Traffic } from '../../src/ports.js';

const legs = (percent: number, extra: readonly Leg[] = []): readonly Leg[] => splitLegs('blue', 'green', percent * 100, extra);

/** What a caller sent in one page. */
const page = (name: string, at: number, blue: number, green: number, more: Partial<CallerTraffic> = {}): CallerTraffic => ({
  name,
  id: name,
  node: 'n1',
  from: at - 100,
  at,
  requests: { blue, green },
  ...more,
});

const traffic = (at: number, ...each: readonly CallerTraffic[]): Traffic => ({
  at,
  requests: {},
  callers: { found: 2, read: 2 },
  each,
});

describe('followers', () => {
  const follow = (followers: Followers) => followers.following()?.map(({ name, follows, requests }) => [name, follows, requests]);

  it('counts what a caller sends since it can have the weights, page by page, and holds it to them', () => {
    const followers = new Followers('green', false);
    expect(followers.following()).to.equal(undefined);
    followers.weigh(legs(10), 0);
    followers.weigh(legs(50), 10_000);
    followers.add(traffic(11_000, page('web', 11_000, 90, 10), page('app', 11_550, 30, 0)));
    expect(follow(followers), 'too soon, and one page that began too soon').to.deep.equal([]);
    followers.add(traffic(11_700, page('web', 11_650, 20, 20), page('app', 11_700, 36, 4)));
    expect(follow(followers)).to.deep.equal([
      ['web', true, 40],
      ['app', false, 40],
    ]);
    const [, app] = followers.following()!;
    expect(app).to.deep.include({ sent: 0.1, asked: 0.5, canary: 'green', node: 'n1' });
    expect(followers.following('sticky')![1]).to.deep.include({ follows: false, explained: 'sticky' });
    expect(followers.following('sticky')![0]).to.not.have.property('explained');
  });

  it('begins anew with other weights, and only with others', () => {
    const followers = new Followers('green', false);
    followers.weigh(legs(50), 0);
    followers.add(traffic(5_000, page('web', 5_000, 60, 0)));
    expect(follow(followers)).to.deep.equal([['web', false, 60]]);
    followers.weigh(legs(50), 6_000);
    expect(follow(followers)).to.deep.equal([['web', false, 60]]);
    followers.weigh(legs(0), 7_000);
    expect(follow(followers)).to.deep.equal([]);
    followers.add(traffic(9_000, page('web', 9_000, 60, 0)));
    expect(follow(followers), 'nothing goes to canary any more').to.deep.equal([['web', true, 60]]);
  });

  it('tells who never heard of the split', () => {
    const followers = new Followers('green', false);
    followers.weigh(legs(50), 0);
    followers.add(traffic(5_000, page('web', 5_000, 0, 0, { requests: { '': 40 } })));
    expect(followers.following()![0]).to.deep.include({ follows: false, past: true, sent: 0, requests: 40 });
    followers.add(traffic(6_000, page('web', 6_000, 10, 10)));
    expect(follow(followers)).to.deep.equal([['web', true, 0]]);
  });

  it('takes testers’ requests for no evidence, and holds nobody to legs that have no counters of their own', () => {
    const testers = new Followers('green', true);
    testers.weigh(legs(10), 0);
    testers.add(traffic(5_000, page('edge', 5_000, 10, 190)));
    expect(follow(testers)).to.deep.equal([['edge', null, 200]]);
    for (const unknown of [[{ subset: '', weight: 10_000 }], []]) {
      const followers = new Followers('green', false);
      followers.weigh(unknown, 0);
      followers.add(traffic(5_000, page('web', 5_000, 500, 0)));
      expect(follow(followers)).to.deep.equal([]);
    }
  });

  it('leaves out what goes to another service, and counts a leg beside the two', () => {
    const extra: readonly Leg[] = [
      { subset: 'dark', weight: 2_000 },
      { subset: '', service: 'other', weight: 2_000 },
    ];
    const followers = new Followers('green', false);
    followers.weigh(legs(0, extra), 0);
    followers.weigh(legs(40, extra), 0);
    followers.add(traffic(5_000, page('web', 5_000, 25, 50, { requests: { blue: 25, green: 50, dark: 25 } })));
    expect(followers.following()![0]).to.deep.include({ follows: true, asked: 0.5, sent: 0.5, requests: 100 });
  });

  it('forgets a caller that is gone, and says nothing while none can be read', () => {
    const followers = new Followers('green', false);
    followers.weigh(legs(50), 0);
    followers.add(traffic(5_000, page('web', 5_000, 60, 0)));
    followers.add(undefined);
    expect(followers.following()).to.equal(undefined);
    followers.add(traffic(64_000));
    expect(follow(followers)).to.deep.equal([['web', false, 60]]);
    followers.add(traffic(66_000));
    expect(follow(followers)).to.deep.equal([]);
  });
});
