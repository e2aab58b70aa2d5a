import { expect } from 'chai';
import { beginRollout } from '../../src/core/begin.js';
import { splitterWrite } from '../../src/core/decision.js';
import { metaOf, splitterEntry, storedLegs } from '../../src/core/entries.js';
import { type Leg, weightOf } from '../../src/core/legs.js';
import type { Observation } from '../../src/core/observation.js';
import { writeRecord } from '../../src/core/record.js';
import { findRoles, isRefusal } from '../../src/core/roles.js';
import { abort } from '../../src/core/verbs/abort.js';
import { orderVersions, sortVersions } from '../../src/core/version-order.js';
import { type RoleShape, roleShapes, sharesOf } from '../support/role-shapes.js';
import { makePlan, makeRollout, makeSeen, NOON, passing, stored } from '../support/world.js';

/** The service as its entries say. */
function seenIn({ service, splits, resolver, record }: RoleShape): Observation {
  const splitter =
    splits === undefined
      ? {}
      : {
          splitter: stored(
            {
              Kind: 'service-splitter',
              Name: service,
              Splits: splits,
              ...(record === undefined ? {} : { Meta: writeRecord({}, record) }),
            },
            20,
          ),
        };
  return {
    ...splitter,
    resolver: stored(resolver, 10),
    defaults: stored({ Kind: 'service-defaults', Name: service, Protocol: 'http' }, 5),
    resolverSince: 0,
    instances: { v1: passing(1), v2: passing(1) },
    agreement: 'unknown',
    findings: [],
  };
}

describe('who is stable and who is canary', () => {
  const shapes = roleShapes();
  const byDefault = ({ resolver }: RoleShape): string | undefined => resolver.DefaultSubset as string | undefined;

  it(`is asked of at least 150 shapes`, () => expect(shapes.length).to.be.at.least(150));
  for (const shape of shapes)
    it(`${shape.name}: ${shape.refused ?? 'told'}`, () => {
      const seen = seenIn(shape);
      const before = sharesOf(shape.splits, shape.service, byDefault(shape));
      const roles = findRoles(shape.plan, seen);
      if (isRefusal(roles)) {
        expect(shape.refused, roles.message).to.be.a('string');
        expect(roles.hint).to.match(/\S/);
        return;
      }
      expect(shape.refused, `${roles.stable}: ${roles.told?.why}`).to.equal(undefined);
      const { stable } = shape.plan;
      if (stable !== undefined && stable !== roles.stable)
        expect(roles.told?.overrules).to.match(new RegExp(`calls ${stable} stable`));
      if (shape.record?.state.phase === 'Progressing') {
        expect(roles.stable).to.equal(shape.record.stable);
        return;
      }
      // Nobody moves by the first write: what every leg gets is what it had.
      if (shape.splits !== undefined) expect(toShares(roles.legs)).to.deep.equal(withoutZeros(before));
      expect((before.get(roles.stable) ?? 0) > 0 || before.has('')).to.equal(true);
    });

  it('after a rollout has begun and was aborted, every leg has kept its own fields and others’ their share', () => {
    for (const shape of shapes) {
      const seen = seenIn(shape);
      const roles = findRoles(shape.plan, seen);
      if (isRefusal(roles) || shape.record?.state.phase === 'Progressing' || shape.splits === undefined) continue;
      const begun = beginRollout(roles, { id: 'x', plan: 'p', driver: 'd', by: 'dana' }, [], NOON);
      const first = splitterWrite(seen, shape.service, begun, true).entry;
      const after = { ...seen, splitter: stored(first, 21) };
      const result = abort(begun, { service: shape.service, seen: after, by: 'dana', now: NOON });
      if (result.kind !== 'write') throw new Error(`${shape.name}: ${result.message}`);
      const last = splitterWrite(after, shape.service, result.next, true).entry;
      for (const entry of [first, last]) {
        const splits = entry.Splits as readonly Record<string, unknown>[];
        const headed = shape.splits.filter((leg) => leg.RequestHeaders !== undefined);
        expect(splits.filter((leg) => leg.RequestHeaders !== undefined).length, shape.name).to.equal(headed.length);
        expect(
          splits.every((leg) => leg.ServiceSubset !== '' || leg.Service !== undefined),
          shape.name,
        ).to.equal(true);
        const elsewhere = splits.filter((leg) => leg.Service === 'elsewhere').map((leg) => leg.Weight);
        expect(elsewhere, shape.name).to.deep.equal(
          shape.splits.filter((leg) => leg.Service === 'elsewhere').map((leg) => leg.Weight),
        );
      }
      const legs = storedLegs({ splitter: stored(last, 22), ...(seen.resolver && { resolver: seen.resolver }) }, shape.service);
      expect(weightOf(legs, roles.canary), shape.name).to.equal(0);
    }
  });

  it('a record alone never touches the legs that somebody wrote', () => {
    const splits = [
      { Weight: 90, RequestHeaders: { Set: { a: 'b' } } },
      { Weight: 10, ServiceSubset: 'green', Unheard: 1 },
    ];
    const seen = { ...makeSeen(undefined), splitter: stored({ Kind: 'service-splitter', Name: 'payments', Splits: splits }, 3) };
    const { entry } = splitterWrite(seen, 'payments', makeRollout(10), false);
    expect([entry.Splits, metaOf(entry)['splitter-phase']]).to.deep.equal([splits, 'Progressing']);
  });

  it('--stable is obeyed, or refused aloud', () => {
    const split = (blue: number) =>
      makeSeen(undefined, {
        splitter: stored(
          splitterEntry(
            undefined,
            'payments',
            [
              { subset: 'blue', weight: blue * 100 },
              { subset: 'green', weight: 10_000 - blue * 100 },
            ],
            undefined,
          ),
          3,
        ),
      });
    const told = (seen: Observation, stable: string) => {
      const roles = findRoles(makePlan({ stable: 'blue' }), seen, { stable });
      return isRefusal(roles) ? roles.message : roles.stable;
    };
    expect(told(makeSeen(undefined), 'green')).to.equal('green');
    expect(told(split(90), 'green')).to.equal('green');
    expect(told(split(0), 'green')).to.equal('green');
    expect(told(split(0), 'blue')).to.match(/all users are on green already .* and --stable calls blue stable/);
    expect(told(makeSeen(makeRollout(10)), 'green')).to.match(
      /--stable green cannot be followed: blue is stable: the rollout under way says so/,
    );
  });

  it('a version is never tried against itself', () => {
    const same = makePlan({
      subsets: makePlan().subsets.map(({ name }) => ({ name, filter: 'Service.Meta.version == 2', version: '2' })),
    });
    const roles = findRoles(same, makeSeen(undefined));
    expect(isRefusal(roles) && roles.message).to.match(/blue and green pick the same instances \(2\)/);
  });
});

describe('the order of versions', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['1', '2'],
    ['9', '10'],
    ['1.9', '1.10'],
    ['v1.9.9', '2'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.2', '1.0.0-rc.10'],
    ['1.0.0-alpha', '1.0.0-beta.1'],
    ['1.0.0-rc1', '1.0.0-rc2'],
    ['2026-11-30', '2026-12-01'],
    ['2026-11-30T23:59:00Z', '2026-12-01'],
    ['20261130', '20261201'],
    ['20261130235959000001', '20261130235959000002'],
    ['build-9', 'build-10'],
    ['release.41', 'release.42'],
  ];
  for (const [older, newer] of rows)
    it(`${older} is older than ${newer}`, () => {
      expect(orderVersions(older, newer)).to.be.below(0);
      expect(orderVersions(newer, older)).to.be.above(0);
    });
  const unordered: readonly (readonly [string, string])[] = [
    ['9f3c2ab', 'e01d77c'],
    ['1e10', '2e10'],
    ['4d2', '77a'],
    ['blue', 'green'],
    ['stable', 'canary'],
    ['2', 'canary'],
    ['2', '9f3c2ab'],
    ['1.2.3-9f3c2ab', '1.2.3-e01d77c'],
    ['1.2.3+a', '1.2.3+b'],
    ['1.0', '1.0.0'],
    ['v2', '2'],
    ['2026-11-30', '3'],
    ['build-9', 'release-10'],
    ['', '1'],
    ['für', 'über'],
  ];
  for (const [a, b] of unordered)
    it(`${a || '(empty)'} and ${b} have none`, () =>
      expect([orderVersions(a, b), orderVersions(b, a)]).to.deep.equal([undefined, undefined]));
  it('is told for all or for none', () => {
    expect(sortVersions(['10', '9', '9', '1.2'])).to.deep.equal(['1.2', '9', '10']);
    expect(sortVersions(['10', '9', 'abc'])).to.equal(undefined);
  });
});

function toShares(legs: readonly Leg[]): Map<string, number> {
  return withoutZeros(
    new Map(legs.map(({ subset, service, weight }) => [service === undefined ? subset : `service ${service}`, weight])),
  );
}

function withoutZeros(shares: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...shares].filter(([, weight]) => weight > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}
