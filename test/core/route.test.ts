import { expect } from 'chai';
import fc from 'fast-check';
import { afterWrite } from '../../src/core/after-write.js';
import { decide } from '../../src/core/decide.js';
import type { Decision, Situation } from '../../src/core/decision.js';
import { type Entry, metaOf } from '../../src/core/entries.js';
import type { Observation } from '../../src/core/observation.js';
import type { Plan } from '../../src/core/plan.js';
import { preflight } from '../../src/core/preflight.js';
import { findRoles } from '../../src/core/roles.js';
import type { Rollout, State } from '../../src/core/rollout.js';
import { describeMatch, ownMatches, routeWrite, wantedMatches } from '../../src/core/route.js';
import { foreignCookie, withCookies } from '../../src/core/sticky.js';
import { abort } from '../../src/core/verbs/abort.js';
import { resume } from '../../src/core/verbs/resume.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, stored } from '../support/world.js';

const HEADER = { header: { name: 'x-canary', value: '1' } } as const;
const PENDING: State = { phase: 'Pending', reason: 'Starting', step: 0 };
const FIRST: State = { phase: 'Progressing', reason: 'Stepping', step: 0 };
const routed = (route: NonNullable<Plan['route']>): Plan => makePlan({ route });
const OWN = {
  Match: { HTTP: { PathPrefix: '/', Header: [{ Name: 'x-canary', Exact: '1' }] } },
  Destination: { ServiceSubset: 'green' },
};

function situation(plan: Plan, rollout: Rollout, seen: Observation): Situation {
  return { plan, rollout, seen, tally: '', ran: [], now: NOON };
}

/** What follows when every decision is done, until one only waits. */
function play(
  plan: Plan,
  rollout: Rollout,
  seen: Observation,
): { decisions: readonly Decision[]; rollout: Rollout; seen: Observation } {
  const decisions: Decision[] = [];
  let now = { rollout, seen };
  for (let turn = 0; turn < 20; turn++) {
    const decision = decide(situation(plan, now.rollout, now.seen));
    if (decision.write === undefined) return { decisions, ...now };
    decisions.push(decision);
    now = { rollout: decision.next ?? now.rollout, seen: afterWrite(now.seen, decision.write, 'payments', 0) };
  }
  throw new Error('it never comes to rest');
}

function routesOf(seen: Observation): readonly Entry[] {
  return (seen.router?.entry.Routes ?? []) as readonly Entry[];
}

describe('a route for testers', () => {
  it('is made before the first weight, and the first weight waits until Consul has compiled it', () => {
    const rollout = makeRollout(0, { state: PENDING });
    const seen = makeSeen(rollout);
    const { write } = decide(situation(routed(HEADER), rollout, seen));
    expect([write?.kind, write?.cas, write?.entry?.Routes, write?.why]).to.deep.equal([
      'service-router',
      0,
      [OWN],
      'requests with x-canary: 1 go to green',
    ]);
    const router = stored(write!.entry!, 30);
    const waiting = decide(situation(routed(HEADER), rollout, { ...seen, router }));
    expect([waiting.write, waiting.why]).to.deep.equal([
      undefined,
      "waiting until Consul's discovery chain has the route for x-canary: 1",
    ]);
    const compiled = afterWrite(seen, write!, 'payments', 0);
    expect(decide(situation(routed(HEADER), rollout, compiled)).next?.state.phase).to.equal('Progressing');
  });

  it('is kept apart for a cookie by an expression that Envoy matches as a whole', () => {
    const plan = routed({ cookie: { name: 'canary', value: 'a.b' } });
    const [match] = wantedMatches(plan, makeRollout(0));
    const takes = (cookie: string): boolean => new RegExp(`^(?:${String(match!.header.Regex)})$`).test(cookie);
    expect(['canary=a.b', 'x=1; canary=a.b', 'canary=a.b; y=2', 'x=1; canary=a.b; y=2'].every(takes)).to.equal(true);
    expect(['canary=a.bc', 'canary=aXb', 'xcanary=a.b', 'x=canary=a.b', ''].some(takes)).to.equal(false);
    expect(describeMatch(match!)).to.equal('cookie canary=a.b');
  });

  it('stands before each route of others that leads to the service, and keeps its path, timeouts and Meta', () => {
    const slow = { Match: { HTTP: { PathPrefix: '/slow' } }, Destination: { RequestTimeout: '60s', Service: 'payments' } };
    const admin = { Match: { HTTP: { PathExact: '/admin' } }, Destination: { Service: 'admin' } };
    const pinned = { Match: { HTTP: { PathPrefix: '/old' } }, Destination: { ServiceSubset: 'blue' } };
    const entry = { Kind: 'service-router', Name: 'payments', Routes: [slow, admin, pinned], Meta: { team: 'pay' } };
    const rollout = makeRollout(0, { state: PENDING });
    const seen = makeSeen(rollout, { router: stored(entry, 12) });
    const write = routeWrite('payments', seen, wantedMatches(routed(HEADER), rollout))!;
    const test = OWN.Match.HTTP.Header;
    expect(write.entry?.Routes).to.deep.equal([
      { Match: { HTTP: { PathPrefix: '/slow', Header: test } }, Destination: { ...slow.Destination, ServiceSubset: 'green' } },
      slow,
      admin,
      pinned,
      OWN,
    ]);
    expect([write.cas, metaOf(write.entry).team]).to.deep.equal([12, 'pay']);
    const back = routeWrite('payments', afterWrite(seen, write, 'payments', 0), [])!;
    expect(back.entry).to.deep.equal(entry);
  });

  it('goes with the router that was made for it, and leaves one that others have written to', () => {
    const rollout = makeRollout(0);
    const made = afterWrite(
      makeSeen(rollout),
      routeWrite('payments', makeSeen(rollout), wantedMatches(routed(HEADER), rollout))!,
      'payments',
      0,
    );
    expect(routeWrite('payments', made, [])?.entry).to.equal(undefined);
    const theirs = { Match: { HTTP: { PathPrefix: '/new' } }, Destination: { Service: 'other' } };
    const entry = { ...made.router!.entry, Routes: [theirs, ...routesOf(made)] };
    const left = routeWrite('payments', { ...made, router: stored(entry, 40) }, [])!;
    expect([left.entry?.Routes, left.entry?.Meta]).to.deep.equal([[theirs], undefined]);
  });

  it('comes and goes without a trace, whatever others have in the router', () => {
    const path = fc.constantFrom('/', '/a', '/b');
    const destination = fc.constantFrom<Entry>(
      {},
      { Service: 'payments', RequestTimeout: '9s' },
      { Service: 'other' },
      { ServiceSubset: 'blue' },
    );
    const route = fc.record({ path, destination }).map(({ path: PathPrefix, destination: Destination }) => ({
      Match: { HTTP: { PathPrefix, Header: [{ Name: 'x-team', Exact: 'pay' }] } },
      Destination,
    }));
    const wanted = fc.constantFrom<NonNullable<Plan['route']>>(
      HEADER,
      { cookie: { name: 'c', value: 'v' } },
      { ...HEADER, sticky: { for: 60_000 } },
    );
    fc.assert(
      fc.property(fc.array(route, { maxLength: 4 }), wanted, fc.boolean(), (Routes, way, noted) => {
        const meta = noted ? { Meta: { owner: 'pay' } } : {};
        const entry = { Kind: 'service-router', Name: 'payments', Routes, ...meta };
        const rollout = makeRollout(20);
        const seen = makeSeen(rollout, { router: stored(entry, 12) });
        const matches = wantedMatches(routed(way), rollout);
        const made = afterWrite(seen, routeWrite('payments', seen, matches)!, 'payments', 0);
        expect(ownMatches(made.router)).to.deep.equal(matches);
        expect(routeWrite('payments', made, matches), 'written once').to.equal(undefined);
        expect(routeWrite('payments', made, [])?.entry).to.deep.equal(entry);
      }),
    );
  });

  it('goes at the promotion, before the default subset moves', () => {
    const rollout = makeRollout(100, { state: { phase: 'Promoting', reason: 'BakePassed', step: 4 } });
    const before = makeSeen(rollout);
    const seen = afterWrite(before, routeWrite('payments', before, wantedMatches(routed(HEADER), rollout))!, 'payments', 0);
    const { decisions, seen: after } = play(routed(HEADER), rollout, seen);
    expect(decisions.map(({ write, next }) => next?.state.phase ?? write?.kind)).to.deep.equal([
      'service-router',
      'service-resolver',
      'Promoted',
    ]);
    expect(after.router).to.equal(undefined);
  });

  it('goes after a revert, which takes users back first', () => {
    const rollout = makeRollout(10, { state: FIRST });
    const before = makeSeen(rollout, { findings: [finding('errors', 'Failed')] });
    const plan = makePlan({ route: HEADER, signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 }] });
    const seen = afterWrite(before, routeWrite('payments', before, wantedMatches(plan, rollout))!, 'payments', 0);
    const { decisions, seen: after } = play(plan, rollout, seen);
    expect(decisions.map(({ write, next }) => next?.state.phase ?? write?.kind)).to.deep.equal([
      'Reverting',
      'service-router',
      'Reverted',
    ]);
    expect(after.router).to.equal(undefined);
  });

  it('is judged while canary has no weight: testers that fail take it back', () => {
    const rollout = makeRollout(0, { state: PENDING });
    const plan = makePlan({ route: HEADER, signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 }] });
    const before = makeSeen(rollout, { findings: [finding('errors', 'Failed')] });
    const seen = afterWrite(before, routeWrite('payments', before, wantedMatches(plan, rollout))!, 'payments', 0);
    expect(decide(situation(plan, rollout, seen)).next?.state).to.deep.equal({
      phase: 'Reverting',
      reason: 'SignalFailed',
      step: 0,
    });
  });

  it('of a rollout that was aborted by somebody without the plan is found by its marks', () => {
    const rollout = makeRollout(10, { state: FIRST });
    const before = makeSeen(rollout);
    const seen = afterWrite(before, routeWrite('payments', before, wantedMatches(routed(HEADER), rollout))!, 'payments', 0);
    const result = abort(rollout, { service: 'payments', seen, by: 'lee', now: NOON });
    expect(result.kind === 'write' && result.next.state.phase).to.equal('Reverting');
    const next = result.kind === 'write' ? result.next : rollout;
    expect(play(makePlan(), next, { ...seen, splitter: makeSeen(next).splitter! }).seen.router).to.equal(undefined);
  });

  it('whose marks somebody has spoilt does not stand in the way of a revert', () => {
    const Meta = { 'splitter-match-1': 'green {broken', 'splitter-match-2': 'none' };
    const router = stored({ Kind: 'service-router', Name: 'payments', Routes: [], Meta }, 12);
    const rollout = makeRollout(10, { state: FIRST });
    const plan = makePlan({ signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 }] });
    const seen = makeSeen(rollout, { router, findings: [finding('errors', 'Failed')] });
    expect(ownMatches(router)).to.deep.equal([]);
    expect(decide(situation(plan, rollout, seen)).next?.state.phase).to.equal('Reverted');
  });

  it('that arrives after the abort is taken out again by its driver', () => {
    const rollout = makeRollout(0, { state: { phase: 'Reverted', reason: 'Aborted', step: 0 } });
    const before = makeSeen(rollout);
    const seen = afterWrite(
      before,
      routeWrite('payments', before, wantedMatches(routed(HEADER), makeRollout(0)))!,
      'payments',
      0,
    );
    expect(decide(situation(routed(HEADER), rollout, seen)).write?.entry).to.equal(undefined);
    expect(decide(situation(routed(HEADER), rollout, seen)).write?.kind).to.equal('service-router');
  });

  it('that somebody takes out is drift: held by default, made again on resume or where the plan says so', () => {
    const rollout = makeRollout(10, { state: FIRST });
    const held = decide(situation(routed(HEADER), rollout, makeSeen(rollout)));
    expect([held.next?.state, held.why]).to.deep.equal([
      { phase: 'Paused', reason: 'Drift', step: 0 },
      'somebody else changed service-router/payments: the route for x-canary: 1 to green is gone; splitter resume payments makes it again',
    ]);
    const plan = routed(HEADER);
    const result = resume(
      held.next!,
      { service: 'payments', seen: makeSeen(held.next), plan, by: 'lee', now: NOON },
      undefined,
      4,
    );
    expect(result.kind === 'write' && result.next.state).to.deep.equal(PENDING);
    const again = makePlan({ route: HEADER, on: { ...makePlan().on, drift: 'reassert' } });
    expect(decide(situation(again, rollout, makeSeen(rollout))).write?.kind).to.equal('service-router');
  });

  it('is refused where somebody has the same test in the router already', () => {
    const entry = { Kind: 'service-router', Name: 'payments', Routes: [OWN] };
    const plan = routed(HEADER);
    const seen = makeSeen(undefined, { router: stored(entry, 12) });
    const check = preflight(plan, seen, findRoles(plan, seen)).find(({ name }) => name === 'route');
    expect([check?.verdict, check?.message]).to.deep.equal([
      'failed',
      'service-router/payments has a route for x-canary: 1 already, which is not of splitter',
    ]);
  });
});

describe('sticky users', () => {
  const plan = routed({ sticky: { for: 1_800_000 } });

  it('get a cookie with their first answer, and a route that keeps them on the leg they met', () => {
    const rollout = makeRollout(10, { state: FIRST });
    const entry = withCookies(makeSeen(rollout).splitter!.entry, plan, rollout);
    const cookies = (entry.Splits as Entry[]).map(({ ResponseHeaders: headers }) => (headers as Entry).Add as Entry);
    expect(cookies).to.deep.equal([
      { 'Set-Cookie': 'splitter-payments=blue.0000000000; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax' },
      { 'Set-Cookie': 'splitter-payments=green.0000000000; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax' },
    ]);
    expect(wantedMatches(plan, rollout).map((match) => `${describeMatch(match)} -> ${match.subset}`)).to.deep.equal([
      'cookie splitter-payments=green.0000000000 -> green',
      'cookie splitter-payments=blue.0000000000 -> blue',
    ]);
  });

  it('of stable are let go when all traffic is on canary', () => {
    const rollout = makeRollout(100, { state: { ...FIRST, step: 3 } });
    const before = makeSeen(rollout);
    const seen = afterWrite(before, routeWrite('payments', before, wantedMatches(plan, makeRollout(50)))!, 'payments', 0);
    const { write } = decide(situation(plan, rollout, seen));
    expect([write?.kind, write?.why]).to.deep.equal([
      'service-router',
      'the route for cookie splitter-payments=blue.0000000000 goes',
    ]);
  });

  it('get no cookie any more after the end, and what others add to answers stays', () => {
    const rollout = makeRollout(10, { state: FIRST });
    const sticky = withCookies(makeSeen(rollout).splitter!.entry, plan, rollout);
    const own = (sticky.Splits as Entry[]).map((split) => {
      const headers = split.ResponseHeaders as Entry;
      return {
        ...split,
        ResponseHeaders: { ...headers, Add: { ...(headers.Add as Entry), 'x-leg': 'on' }, Set: { server: 'us' } },
      };
    });
    const seen = makeSeen(rollout, { splitter: stored({ ...sticky, Splits: own }, 20) });
    const result = abort(rollout, { service: 'payments', seen, by: 'lee', now: NOON });
    const next = result.kind === 'write' ? result.next : rollout;
    const { write } = decide(
      situation(plan, { ...next, seq: 7, state: { ...next.state, phase: 'Reverting', reason: 'Aborted' } }, seen),
    );
    expect((write!.entry!.Splits as Entry[]).map(({ ResponseHeaders: headers }) => headers)).to.deep.equal([
      { Add: { 'x-leg': 'on' }, Set: { server: 'us' } },
      { Add: { 'x-leg': 'on' }, Set: { server: 'us' } },
    ]);
  });

  it('are refused where a leg sets a cookie of its own, which Consul could not keep beside ours', () => {
    const split = { Weight: 100, ServiceSubset: 'blue', ResponseHeaders: { Add: { 'Set-Cookie': 'a=b' } } };
    const entry = { Kind: 'service-splitter', Name: 'payments', Splits: [split] };
    expect(foreignCookie(entry, 'payments')).to.equal('a=b');
    const seen = makeSeen(undefined, { splitter: stored(entry, 20) });
    const check = preflight(plan, seen, findRoles(plan, seen)).find(({ name }) => name === 'route');
    expect(check?.message).to.match(/sets a cookie of its own \(a=b\)/);
  });
});
