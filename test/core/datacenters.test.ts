import { expect } from 'chai';
import fc from 'fast-check';
import { decideBeginning } from '../../src/core/begin.js';
import { remembering, strandedIn, totalOf } from '../../src/core/datacenters.js';
import { decide } from '../../src/core/decide.js';
import type { Situation } from '../../src/core/decision.js';
import type { Instances, Observation, Site, Sites } from '../../src/core/observation.js';
import { type Check, preflight } from '../../src/core/preflight.js';
import { findRoles } from '../../src/core/roles.js';
import type { Rollout, State } from '../../src/core/rollout.js';
import { statusOf } from '../../src/core/status.js';
import { promote } from '../../src/core/verbs/promote.js';
import { renderStatus } from '../../src/view/status.js';
import { PLAIN } from '../../src/view/style.js';
import { makePlan, makeRollout, makeSeen, NOON, passing, weight } from '../support/world.js';

const WHY = 'no answer within 3 s';
const at = (step: number): State => ({ phase: 'Progressing', reason: 'Stepping', step });

/** A datacenter with so many passing instances of blue and green; without numbers it was never read. */
function site(name: string, blue?: number, green?: number, unread?: string): Site {
  const instances = blue === undefined ? {} : { instances: { blue: passing(blue), green: passing(green ?? 0) } };
  return { name, ...instances, ...(unread === undefined ? {} : { unread }) };
}

function seenIn(rollout: Rollout | undefined, all: readonly Site[], named?: readonly string[], more: object = {}): Observation {
  const datacenters: Sites = { home: 'dc1', primary: 'dc1', all };
  return makeSeen(rollout, { datacenters, instances: totalOf(datacenters, named), ...more });
}

function situation(
  percent: number,
  state: State,
  all: readonly Site[],
  { named, now = NOON, ...change }: { named?: readonly string[]; now?: number; rollout?: object; seen?: object } = {},
): Situation {
  const rollout = makeRollout(percent, { state, ...change.rollout });
  const plan = makePlan(named === undefined ? {} : { datacenters: named });
  return { plan, rollout, seen: seenIn(rollout, all, named, change.seen), tally: '', ran: [], now };
}

describe('the datacenters of one entry', () => {
  const failover = (text: object): Observation['resolver'] => ({
    modifyIndex: 1,
    entry: { Kind: 'service-resolver', Name: 'payments', Failover: text },
  });
  const both = [site('dc1', 2, 2), site('dc2', 2, 0)];
  for (const [name, all, named, resolver, stranded] of [
    ['nobody where each has both', [site('dc1', 1, 1), site('dc2', 3, 1)], undefined, undefined, []],
    ['those of the one without canary', both, undefined, undefined, ['dc2']],
    ['those of home as well', [site('dc1', 2, 0), site('dc2', 2, 2)], undefined, undefined, ['dc1']],
    ['nobody of one that the plan leaves out', both, ['dc1'], undefined, []],
    ['nobody where stable serves nobody either', [site('dc1', 1, 1), site('dc2', 0, 0)], undefined, undefined, []],
    ['nobody that is known where it cannot be read', [site('dc1', 1, 1), site('dc2', 2, 0, WHY)], undefined, undefined, []],
    ['nobody where Consul looks elsewhere', both, undefined, { '*': { Datacenters: ['dc1'] } }, []],
    ['nobody where a target leads elsewhere', both, undefined, { green: { Targets: [{ Datacenter: 'dc1' }] } }, []],
    ['those whose failover leads to nobody', both, undefined, { green: { Datacenters: ['dc3'] } }, ['dc2']],
    ['those whose failover is of stable only', both, undefined, { blue: { Datacenters: ['dc1'] } }, ['dc2']],
    [
      'those whose failover leads to stable',
      both,
      undefined,
      { green: { Targets: [{ Datacenter: 'dc1', ServiceSubset: 'blue' }] } },
      ['dc2'],
    ],
    [
      'those whose failover leads to another service',
      both,
      undefined,
      { green: { Service: 'old', Datacenters: ['dc1'] } },
      ['dc2'],
    ],
    [
      'callers without any instance whose stable is reached elsewhere',
      [site('dc1', 2, 2), site('dc2', 0, 0)],
      undefined,
      { blue: { Datacenters: ['dc1'] } },
      ['dc2'],
    ],
  ] as const)
    it(`strands ${name}`, () => {
      const plan = makePlan(named === undefined ? {} : { datacenters: named });
      const seen = seenIn(undefined, all, named, resolver === undefined ? {} : { resolver: failover(resolver) });
      expect(strandedIn({ plan, seen }, 'green', 'blue')).to.deep.equal(stranded);
    });

  it('counts all that count, and of one that cannot be read what was last known', () => {
    const before: Sites = { home: 'dc1', primary: 'dc1', all: [site('dc1', 2, 2), site('dc2', 4, 3)] };
    const now: Sites = {
      ...before,
      all: [site('dc1', 1, 1), site('dc2', undefined, undefined, WHY), site('dc3', undefined, undefined, WHY)],
    };
    const known = remembering(before, now);
    expect(totalOf(known, undefined)).to.deep.equal({ blue: passing(5), green: passing(4) });
    expect(totalOf(known, ['dc2'])).to.deep.equal({ blue: passing(4), green: passing(3) });
    const nowhere = { ...now, all: [site('dc1', 1, 0), site('dc2', undefined, undefined, WHY)] };
    expect(totalOf(nowhere, undefined), 'none is known, which is not none').to.deep.equal({ blue: passing(1) });
    expect(totalOf(nowhere, ['dc1'])).to.deep.equal({ blue: passing(1), green: passing(0) });
    expect(known.all.map(({ unread }) => unread)).to.deep.equal([undefined, WHY, WHY]);
    expect(known.all[2]!.instances).to.equal(undefined);
  });
});

describe('a rollout over several datacenters', () => {
  const due = NOON + 60_000;
  for (const [name, all, message] of [
    [
      'another one lost its canary',
      [site('dc1', 2, 2), site('dc2', 2, 0)],
      'no instance of green is left in dc2 while it had 10% of the traffic',
    ],
    [
      'home lost its canary',
      [site('dc1', 2, 0), site('dc2', 2, 2)],
      'no instance of green is left in dc1 while it had 10% of the traffic',
    ],
    ['all lost it', [site('dc1', 2, 0), site('dc2', 2, 0)], 'no instance of green is left while it had 10% of the traffic'],
    [
      'home lost it while the other cannot be read',
      [site('dc1', 2, 0), site('dc2', 2, 2, WHY)],
      'no instance of green is left in dc1 while it had 10% of the traffic',
    ],
  ] as const)
    it(`goes back when ${name}`, () => {
      const decision = decide(situation(10, at(1), all));
      expect([decision.next?.state.phase, decision.next?.state.reason]).to.deep.equal(['Reverted', 'NoInstances']);
      expect(decision.why).to.equal(message);
    });

  it('stays where canary is gone in one that the plan leaves out', () => {
    const decision = decide(situation(10, at(1), [site('dc1', 2, 2), site('dc2', 2, 0)], { named: ['dc1'], now: due }));
    expect(decision.why).to.equal('canary green 10% -> 50%');
  });

  for (const [name, state, percent, now] of [
    ['before the first weight', { phase: 'Pending', reason: 'Starting', step: 0 } as State, 0, NOON],
    ['before the next one', at(1), 10, due],
    ['at a weight', at(0), 10, NOON],
    ['at the end of the bake', { phase: 'Baking', reason: 'Watching', step: 4 } as State, 100, due],
  ] as const) {
    const blind = [site('dc1', 2, 2), site('dc2', undefined, undefined, WHY)];
    it(`holds ${name} while one cannot be read, and needs a person when that lasts`, () => {
      const held = decide(situation(percent, state, blind, { now }));
      expect([held.write, held.why]).to.satisfy(
        ([write, why]: [unknown, string]) => write === undefined && why.includes(`dc2`) && why.endsWith(`is not known: ${WHY}`),
      );
      const late = decide(situation(percent, state, blind, { now: now + 7_200_000 }));
      expect([late.next?.state.phase, late.next?.state.reason]).to.deep.equal(['Paused', 'StepTimeout']);
    });
  }

  it('takes no unread datacenter for an empty one, whatever was known of it', () => {
    const anySite = fc.record({ blue: fc.nat(2), green: fc.nat(2), known: fc.boolean() });
    fc.assert(
      fc.property(fc.array(anySite, { minLength: 1, maxLength: 3 }), fc.constantFrom(10, 50, 100), (sites, percent) => {
        const all = [
          site('dc1', 2, 2),
          ...sites.map(({ blue, green, known }, i) =>
            known ? site(`x${i}`, blue, green, WHY) : site(`x${i}`, undefined, undefined, WHY),
          ),
        ];
        const { next, write } = decide(situation(percent, at(0), all));
        expect([next?.state.phase, write]).to.deep.equal([undefined, undefined]);
      }),
    );
  });

  it('does not count a weight as in force before every chain says so', () => {
    const lagging = {
      ...site('dc2', 2, 2),
      legs: [
        { subset: 'blue', weight: 10_000 },
        { subset: 'green', weight: 0 },
      ],
    };
    expect(decide(situation(10, at(0), [site('dc1', 2, 2), lagging])).why).to.equal(
      'waiting until the discovery chain of dc2 says blue 90%, green 10%',
    );
  });

  it('says in its first record whom the plan leaves out', () => {
    const plan = makePlan({ datacenters: ['dc1'] });
    const roles = { stable: 'blue', canary: 'green', legs: makeRollout(0).asked };
    const beginning = { id: 'x', plan: 'abc', driver: 'd', by: 'dana', note: 'checks were skipped' };
    const decision = decideBeginning(
      plan,
      seenIn(makeRollout(0), [site('dc1', 1, 1), site('dc2', 1, 0), site('dc3', 1, 0)], ['dc1']),
      roles,
      beginning,
      NOON,
    );
    expect(decision.next?.message).to.equal(
      'started by dana: blue is stable, green is canary; checks were skipped; dc2 and dc3 are left out by the plan',
    );
  });

  it('is promoted by a person only where everybody has canary, and that is known', () => {
    const paused = makeRollout(50, { state: { phase: 'Paused', reason: 'TargetReached', step: 4 } });
    const by = (all: readonly Site[]) =>
      promote(paused, { service: 'payments', by: 'lee', now: NOON, seen: seenIn(paused, all), plan: makePlan() }, true, 4);
    expect(by([site('dc1', 1, 1), site('dc2', 1, 0)])).to.include({
      kind: 'refused',
      message: 'green has no passing sidecar in dc2: all its traffic there would fail',
    });
    expect(by([site('dc1', 1, 1), site('dc2', 1, 1, WHY)])).to.include({
      kind: 'refused',
      message: `whether green runs in dc2 is not known: ${WHY}`,
    });
    expect(by([site('dc1', 1, 1), site('dc2', 1, 1)]).kind).to.equal('write');
  });
});

describe('the checks of several datacenters', () => {
  const checks = (all: readonly Site[], plan = makePlan(), more: Partial<Sites> = {}): readonly Check[] => {
    const seen = seenIn(undefined, all, plan.datacenters);
    const spread = { ...seen, datacenters: { ...seen.datacenters!, ...more } };
    return preflight(plan, spread, findRoles(plan, spread)).filter(({ name }) => name === 'datacenters' || name === 'primary');
  };
  const NONE_IN_DC2 = 'green has no passing sidecar in dc2, where blue has: its share of the users there would meet nobody';
  for (const [name, all, plan, expected] of [
    ['ok where each has both', [site('dc1', 1, 1), site('dc2', 1, 2)], {}, ['ok', 'green has 1 in dc1, 2 in dc2']],
    [
      'failed where one has no canary',
      [site('dc1', 1, 1), site('dc2', 1, 0)],
      {},
      ['failed', NONE_IN_DC2, 'deploy green there, or leave it out: datacenters: [dc1] in the plan'],
    ],
    [
      'ok where the plan leaves it out',
      [site('dc1', 1, 1), site('dc2', 1, 0)],
      { datacenters: ['dc1'] },
      ['ok', 'green has 1 in dc1; dc2 is left out by the plan'],
    ],
    [
      'failed where one is not known',
      [site('dc1', 1, 1), site('dc2', undefined, undefined, WHY)],
      {},
      ['failed', `what runs in dc2 is not known: ${WHY}`, 'consul members -wan, or leave it out: datacenters: [dc1] in the plan'],
    ],
    [
      'failed where the plan names one that is not there',
      [site('dc1', 1, 1), site('dc2', 1, 1)],
      { datacenters: ['dc1', 'eu'] },
      ['failed', 'the plan counts eu, and the entries of payments are shared by dc1, dc2', 'correct datacenters in the plan'],
    ],
    [
      'failed where the plan names another one than the only one',
      [site('dc1', 1, 1)],
      { datacenters: ['eu'] },
      ['failed', 'the plan counts eu, and the entries of payments are kept for dc1 only', 'correct datacenters in the plan'],
    ],
    [
      'ok where canary runs nowhere yet: that is a check of its own',
      [site('dc1', 1, 0), site('dc2', 1, 0)],
      {},
      ['ok', 'green has 0 in dc1, 0 in dc2'],
    ],
    [
      'a warning where the first step waits for canary',
      [site('dc1', 1, 1), site('dc2', 1, 0)],
      { steps: [{ kind: 'wait', healthy: 2, deadline: 1 }, weight(10)] },
      ['warning', NONE_IN_DC2, 'deploy green there, or leave it out: datacenters: [dc1] in the plan'],
    ],
  ] as const)
    it(name, () => {
      const found = checks(all, makePlan(plan as object)).map(({ verdict, message, hint }) => [
        verdict,
        message,
        ...(hint === undefined ? [] : [hint]),
      ]);
      expect(found).to.deep.equal([expected]);
    });

  it('fails where the entries are kept by another one', () => {
    const [primary] = checks([site('dc2', 1, 1), site('dc1', 1, 1)], makePlan(), { home: 'dc2', primary: 'dc1' });
    expect([primary?.name, primary?.verdict, primary?.message]).to.deep.equal([
      'primary',
      'failed',
      'dc2 takes its config entries from dc1: payments is ramped in dc1, for all datacenters',
    ]);
  });

  it('are none where there is one datacenter', () => {
    const seen = makeSeen(undefined);
    expect(preflight(makePlan(), seen, findRoles(makePlan(), seen)).map(({ name }) => name)).not.to.include.members([
      'datacenters',
      'primary',
    ]);
  });
});

describe('the status of several datacenters', () => {
  it('has each of them, and none where there is one', () => {
    const rollout = makeRollout(10);
    const plan = { plan: makePlan({ datacenters: ['dc1', 'dc2'] }), source: null };
    const all = [site('dc1', 2, 1), site('dc2', undefined, undefined, WHY), site('dc3', 1, 0)];
    const input = { service: 'payments', rollout, now: NOON, plan, driver: undefined };
    const status = statusOf({ ...input, seen: seenIn(rollout, all, ['dc1', 'dc2']) });
    const of = (instances: Instances | null) => ({ instances });
    expect(status.datacenters).to.deep.equal([
      { name: 'dc1', counts: true, unread: null, stable: of(passing(2)), canary: of(passing(1)) },
      { name: 'dc2', counts: true, unread: WHY, stable: of(null), canary: of(null) },
      { name: 'dc3', counts: false, unread: null, stable: of(passing(1)), canary: of(passing(0)) },
    ]);
    const text = renderStatus(status, PLAIN, NOON);
    expect(text).to.include('\n  dc1  stable 2/0/0   canary 1/0/0\n');
    expect(text).to.include(`\n  dc2  stable ?       canary ?       not known now: ${WHY}\n`);
    expect(text).to.include('\n  dc3  stable 1/0/0   canary 0/0/0   left out by the plan\n');
    expect(statusOf({ ...input, seen: makeSeen(rollout) })).not.to.have.property('datacenters');
  });
});
