import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import { withFollowing } from '../../src/core/entrance-rows.js';
import { type Following, followingStatus, sayCaller, toldFollowing, warnOfStale } from '../../src/core/following.js';
import type { Plan } from '../../src/core/plan.js';
import { proofOf } from '../../src/core/proof.js';
import type { Rollout } from '../../src/core/rollout.js';
import { whyOwnShares } from '../../src/core/route.js';
import { statusOf } from '../../src/core/status.js';
import { makePlan, makeRollout, makeSeen, NOON, stored, weight } from '../support/world.js';

const caller = (change: Partial<Following> = {}): Following => ({
  name: 'web',
  id: 'web-sidecar-proxy',
  node: 'n3',
  follows: false,
  canary: 'green',
  sent: 0,
  asked: 0.5,
  requests: 97,
  ...change,
});
const STALE = 'web on n3 still sends 0% to green (asked 50%, 97 requests): its sidecar does not follow';
const STICKY = 'sticky users stay on the version that they met first';

describe('callers that do not follow', () => {
  const told: readonly (readonly [Partial<Following>[], string | undefined])[] = [
    [[], undefined],
    [[{ follows: true }, { follows: null }], undefined],
    [[{}], STALE],
    [[{ explained: STICKY }], undefined],
    [
      [{ sent: 0.0994, asked: 0.125 }],
      'web on n3 still sends 9.9% to green (asked 12.5%, 97 requests): its sidecar does not follow',
    ],
    [
      [{ sent: 0.0004, asked: 0.01 }],
      'web on n3 still sends 0.04% to green (asked 1%, 97 requests): its sidecar does not follow',
    ],
    [
      [{ sent: 0.9999, asked: 0.5 }],
      'web on n3 still sends 99.9% to green (asked 50%, 97 requests): its sidecar does not follow',
    ],
    [
      [{ past: true }],
      'web on n3 sends past the split, as before there was one (asked 50% to green, 97 requests): its sidecar does not follow',
    ],
    [
      [
        { id: 'web-2-sidecar-proxy', node: '' },
        { name: 'edge', id: 'edge' },
      ],
      'web (web-2) still sends 0% to green (asked 50%, 97 requests), edge on n3 still sends 0% to green (asked 50%, 97 requests): their sidecars do not follow',
    ],
  ];
  for (const [callers, sentence] of told)
    it(`${sentence ?? `nothing is said of ${JSON.stringify(callers)}`}`, () => {
      expect(warnOfStale({ following: callers.map(caller) })).to.equal(sentence);
    });

  it('names three of many, and tells others of no more than fifty, those first', () => {
    const many = Array.from({ length: 120 }, (_, i) =>
      caller({ name: `c${i}`, id: `c${i}`, follows: i >= 115 ? false : i % 2 === 0 || null }),
    );
    expect(warnOfStale({ following: many })).to.match(
      /^c115 on n3 .*, c117 on n3 .* and 2 more callers: their sidecars do not follow$/,
    );
    const some = toldFollowing(many);
    expect(some).to.have.length(50);
    expect(some.slice(0, 6).map(({ follows }) => follows)).to.deep.equal([false, false, false, false, false, true]);
    expect(sayCaller({ name: 'web', id: '', node: '' })).to.equal('web');
  });

  const steps = [weight(10), { kind: 'pause', for: 60_000 }, weight(50), weight(100)] as const;
  const plan = makePlan({ steps: [...steps], on: { ...makePlan().on, stepTimeout: 'revert' } });
  const at = (percent: number, step: number, following: readonly Following[], now: number, more: Partial<Rollout> = {}) => {
    const rollout = makeRollout(percent, { state: { phase: 'Progressing', reason: 'Stepping', step }, ...more });
    return decide({ plan, rollout, seen: makeSeen(rollout, { following }), tally: '', ran: [], now });
  };
  const baking: Partial<Rollout> = { state: { phase: 'Baking', reason: 'Watching', step: 4 } };

  it('hold a weight, a pause that is over and a bake that is over, and let them go once they follow', () => {
    for (const [percent, step, now, more] of [
      [10, 0, NOON + 1_000, {}],
      [10, 1, NOON + 60_000, {}],
      [100, 4, NOON + 60_000, baking],
    ] as const) {
      const held = at(percent, step, [caller()], now, more);
      expect([held.write, held.why]).to.deep.equal([undefined, STALE]);
      for (const free of [caller({ follows: true }), caller({ follows: null }), caller({ explained: STICKY })])
        expect(at(percent, step, [free], now, more).next, JSON.stringify(free)).to.not.equal(undefined);
    }
  });

  it('pause it for a person when the step has taken too long, and never take it back', () => {
    const { next } = at(10, 1, [caller()], NOON + 60_000 + plan.stepTimeout);
    expect([next?.state.phase, next?.state.reason]).to.deep.equal(['Paused', 'StepTimeout']);
    expect(next?.message).to.equal(`after 16m: ${STALE}`);
  });

  it('hold no revert', () => {
    const rollout = makeRollout(10);
    const seen = makeSeen(rollout, { following: [caller()], instances: { blue: { passing: 1, warning: 0, critical: 0 } } });
    const gone = { ...seen, instances: { ...seen.instances, green: { passing: 0, warning: 0, critical: 1 } } };
    const { next } = decide({ plan, rollout, seen: gone, tally: '', ran: [], now: NOON });
    expect(next?.state.phase).to.equal('Reverted');
  });

  it('are told while something else is waited for, in the status too, and prove nothing of a target', () => {
    const waits = at(10, 1, [caller()], NOON + 1_000);
    expect(waits.why).to.equal(`pause of 1m; ${STALE}`);
    const rollout = makeRollout(10, {
      state: { phase: 'Paused', reason: 'TargetReached', step: 4 },
      message: 'the target is reached',
    });
    const status = statusOf({
      service: 'payments',
      rollout,
      seen: makeSeen(rollout, { following: [caller(), caller({ name: 'app', follows: true, sent: 0.512345 })] }),
      now: NOON,
      plan: { plan, source: null },
      driver: undefined,
    });
    expect(status.message).to.equal(`the target is reached; nobody drives or watches it; ${STALE}`);
    const base = { id: 'web-sidecar-proxy', node: 'n3', asked: 50, requests: 97 };
    expect(status.following).to.deep.equal([
      { ...base, name: 'web', follows: false, sent: 0, message: STALE },
      { ...base, name: 'app', follows: true, sent: 51.23 },
    ]);
    const signals: Plan['signals'] = [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 }];
    expect(proofOf({ signals }, [], [caller()])).to.deep.equal({ kind: 'open', why: STALE, doubt: STALE });
  });

  it('are no fault where something explains it, and named all the same', () => {
    expect(followingStatus(caller({ explained: STICKY }))).to.deep.include({
      follows: null,
      message: `web on n3 still sends 0% to green (asked 50%, 97 requests): ${STICKY}`,
    });
    const route = (subset: string, service?: string) =>
      stored(
        { Kind: 'service-router', Name: 'payments', Routes: [{ Destination: { ServiceSubset: subset, Service: service } }] },
        3,
      );
    const why = (change: Partial<Plan>, router?: ReturnType<typeof route>) => whyOwnShares(makePlan(change), router);
    expect(why({})).to.equal(undefined);
    expect(why({ route: { sticky: { for: 1_000 } } })).to.equal(STICKY);
    expect(why({}, route('green'))).to.equal('a route of service-router/payments leads to green by its name');
    expect(why({}, route('green', 'payments'))).to.include('leads to green');
    expect(why({}, route('green', 'other'))).to.equal(undefined);
    expect(why({}, route(''))).to.equal(undefined);
  });

  it('stand in the rows of who reaches the service', () => {
    const row = { kind: 'sidecar', name: 'web', via: ['payments'], certain: true, read: true, why: null, share: 1 } as const;
    const more = { datacenter: null, tcp: false, split: true, routed: true, follows: null } as const;
    const rows = ['web-sidecar-proxy', 'other'].map((id) => ({ ...row, ...more, id, node: 'n3' }));
    const known = withFollowing(rows, [followingStatus(caller())]);
    expect(known.map(({ follows }) => follows)).to.deep.equal([false, null]);
  });
});
