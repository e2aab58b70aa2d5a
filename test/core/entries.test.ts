import { expect } from 'chai';
import fc from 'fast-check';
import { isReserving, settleVersions } from '../../src/core/auto.js';
import { baseWrites, splitterBaseWrite, weightedConflicts } from '../../src/core/base.js';
import { diffEntries } from '../../src/core/diff.js';
import { foreignOwner, legsOf, metaOf, resolverEntry, splitterEntry, withDefaultSubset } from '../../src/core/entries.js';
import { inferSubsets } from '../../src/core/infer.js';
import { splitLegs } from '../../src/core/legs.js';
import { preflight } from '../../src/core/preflight.js';
import { META_VALUE_BYTES, readRecord, writeRecord } from '../../src/core/record.js';
import { findRoles, isRefusal } from '../../src/core/roles.js';
import type { State } from '../../src/core/rollout.js';
import { versionFilter } from '../../src/core/versions.js';
import { makePlan, makeRollout, makeSeen, NOON, passing, stored } from '../support/world.js';

describe('the record in Meta', () => {
  it('comes back as it was, with tallies far longer than one value', () => {
    const text = fc.string({ unit: 'binary', maxLength: 1_500 });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 100 }), fc.nat(), (tally, percent, seq) => {
        const rollout = makeRollout(percent, { tally: tally.replace(/\p{Surrogate}/gu, ''), seq });
        const meta = writeRecord({}, rollout);
        expect(readRecord(meta)).to.deep.equal(rollout);
        expect(Object.values(meta).every((value) => Buffer.byteLength(value) <= META_VALUE_BYTES)).to.equal(true);
        expect(Object.keys(meta).length).to.be.at.most(64);
      }),
    );
  });
  it('cuts a message that is too long, at a whole character', () => {
    const message = readRecord(writeRecord({}, makeRollout(10, { message: 'é'.repeat(400) })))?.message;
    expect(message).to.equal('é'.repeat(256));
  });
  it('keeps the Meta of others and drops what an older record left', () => {
    const meta = writeRecord({ team: 'pay', 'splitter-tally-3': 'old' }, makeRollout(10));
    expect([meta.team, meta['splitter-tally-3'], meta['external-source']]).to.deep.equal(['pay', undefined, 'splitter']);
  });
  it('is none when anything of it is broken', () => {
    const meta = writeRecord({}, makeRollout(10));
    for (const [key, value] of [
      ['splitter-phase', 'Dancing'],
      ['splitter-reason', 'Because'],
      ['splitter-seq', 'x'],
      ['splitter-asked', '50/50'],
      ['splitter-started', 'noon'],
      ['splitter-rollout', ''],
    ] as const) {
      expect(readRecord({ ...meta, [key]: value }), key).to.equal(undefined);
    }
  });
  it('tells every phase and reason', () => {
    const states: State[] = [
      { phase: 'Reverting', reason: 'NoInstances', step: 2 },
      { phase: 'Paused', reason: 'TargetReached', step: 2 },
      { phase: 'Promoted', reason: 'PromotedInFull', step: 9 },
      { phase: 'Superseded', reason: 'NewRollout', step: 0 },
    ];
    for (const state of states) expect(readRecord(writeRecord({}, makeRollout(0, { state })))?.state).to.deep.equal(state);
  });
});

describe('entries', () => {
  const foreign = stored(
    {
      Kind: 'service-splitter',
      Name: 'payments',
      Unheard: { of: 1 },
      Splits: [
        { Weight: 80, ServiceSubset: 'blue', RequestHeaders: { Set: { a: 'b' } } },
        { Weight: 20, ServiceSubset: 'green' },
      ],
      Meta: { team: 'pay' },
    },
    9,
  );
  it('keep every field that splitter does not know, on the entry and on each leg, and drop the server’s own', () => {
    const entry = splitterEntry(foreign, 'payments', splitLegs('blue', 'green', 5_000, []), makeRollout(50));
    expect(entry.Unheard).to.deep.equal({ of: 1 });
    expect(entry.Splits).to.deep.equal([
      { Weight: 50, ServiceSubset: 'blue', RequestHeaders: { Set: { a: 'b' } } },
      { Weight: 50, ServiceSubset: 'green' },
    ]);
    expect([entry.Hash, entry.ModifyIndex, entry.CreateIndex, metaOf(entry).team]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      'pay',
    ]);
  });
  it('keep other subsets, their options and the default subset', () => {
    const before = stored(
      {
        Kind: 'service-resolver',
        Name: 'payments',
        DefaultSubset: 'old',
        ConnectTimeout: '5s',
        Subsets: { old: { Filter: 'x == 1' }, blue: { Filter: 'y == 1', OnlyPassing: true } },
      },
      3,
    );
    const entry = resolverEntry(before, 'payments', [{ name: 'blue', filter: versionFilter('2') }]);
    expect(entry).to.deep.equal({
      Kind: 'service-resolver',
      Name: 'payments',
      DefaultSubset: 'old',
      ConnectTimeout: '5s',
      Subsets: { old: { Filter: 'x == 1' }, blue: { Filter: versionFilter('2'), OnlyPassing: true } },
    });
    expect(withDefaultSubset(before, 'blue').DefaultSubset).to.equal('blue');
  });
  it('weights written always read back the same and sum to 100 in Consul’s arithmetic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (points) => {
        const entry = splitterEntry(undefined, 'payments', splitLegs('blue', 'green', points, []), undefined);
        const sum = (entry.Splits as { Weight: number }[]).reduce(
          (total, split) => total + Math.round(Math.fround(split.Weight) * 100),
          0,
        );
        return sum === 10_000 && legsOf(entry, 'payments')[1]?.weight === points;
      }),
    );
  });
  it('know a foreign owner', () => {
    expect(foreignOwner(stored({ Meta: { 'external-source': 'kubernetes' } }, 1))).to.equal('kubernetes');
    expect(foreignOwner(stored({ Meta: { 'external-source': 'splitter' } }, 1))).to.equal(undefined);
  });
  it('differ field by field, by subset, without the record', () => {
    const after = splitterEntry(foreign, 'payments', splitLegs('blue', 'green', 5_000, []), makeRollout(50));
    expect(diffEntries(foreign.entry, after).map(({ path, before, after: is }) => `${path}: ${before} -> ${is}`)).to.deep.equal([
      'Splits[blue].Weight: 80 -> 50',
      'Splits[green].Weight: 20 -> 50',
      'Meta.external-source: undefined -> "splitter"',
    ]);
  });
});

describe('the base', () => {
  const plan = makePlan({ protocol: 'http' });
  const nothing = {
    resolverSince: 0,
    instances: { blue: passing(1), green: passing(1) },
    agreement: 'unknown',
    findings: [],
  } as const;
  it('is protocol, then subsets without a default subset', () => {
    const writes = baseWrites(plan, nothing);
    expect(writes.map(({ kind, cas }) => [kind, cas])).to.deep.equal([
      ['service-defaults', 0],
      ['service-resolver', 0],
    ]);
    expect(writes[1]?.entry).to.deep.equal({
      Kind: 'service-resolver',
      Name: 'payments',
      Subsets: { blue: { Filter: versionFilter('2') }, green: { Filter: versionFilter('3') } },
    });
  });
  it('is nothing when all is there, and creates no second splitter', () => {
    const seen = makeSeen(makeRollout(10));
    expect([
      ...baseWrites(plan, seen),
      ...splitterBaseWrite(plan, seen, { stable: 'blue', canary: 'green', legs: [] }),
    ]).to.deep.equal([]);
  });
  it('takes the protocol from proxy-defaults', () => {
    const proxyDefaults = stored({ Kind: 'proxy-defaults', Config: { protocol: 'http' } }, 2);
    expect(baseWrites(plan, { ...nothing, proxyDefaults }).map(({ kind }) => kind)).to.deep.equal(['service-resolver']);
  });
  it('never re-filters a subset that carries weight', () => {
    const seen = makeSeen(makeRollout(10));
    const changed = (name: string) =>
      makePlan({
        subsets: plan.subsets.map((subset) => (subset.name === name ? { ...subset, filter: versionFilter('9') } : subset)),
      });
    expect(weightedConflicts(changed('green'), seen).map(({ carries }) => carries)).to.deep.equal(['10% of the traffic']);
    expect(weightedConflicts(changed('green'), makeSeen(makeRollout(0)))).to.deep.equal([]);
    const failed = preflight(changed('green'), seen, findRoles(changed('green'), seen)).filter(
      (check) => check.verdict === 'failed',
    );
    expect(failed.map(({ name }) => name)).to.deep.equal(['subsets']);
  });
});

describe('roles', () => {
  const roles = (seen = makeSeen(undefined), plan = makePlan()) => {
    const found = findRoles(plan, seen);
    return isRefusal(found) ? found.message : [found.stable, found.canary, found.legs[1]?.weight];
  };
  const unstated = (({ stable: _, ...plan }) => plan)(makePlan());
  it('come from the plan when the mesh says nothing', () => expect(roles()).to.deep.equal(['blue', 'green', 0]));
  it('without a word from anybody, users are on the older version', () =>
    expect(roles(makeSeen(undefined), unstated)).to.deep.equal(['blue', 'green', 0]));
  it('follow the default subset, and refuse a plan that calls the other one stable', () => {
    const seen = makeSeen(undefined);
    const onGreen = { ...seen, resolver: stored({ ...seen.resolver?.entry, DefaultSubset: 'green' }, 3) };
    expect(roles(onGreen, unstated)).to.deep.equal(['green', 'blue', 0]);
    expect(roles(onGreen)).to.match(
      /all users are on green already \(it is the default subset\), and the plan calls blue stable/,
    );
  });
  it('follow the weights of a splitter that somebody wrote, and refuse to move all users back by the way', () => {
    const splitter = stored(splitterEntry(undefined, 'payments', splitLegs('blue', 'green', 2_000, []), undefined), 3);
    expect(roles(makeSeen(undefined, { splitter }))).to.deep.equal(['blue', 'green', 2_000]);
    const all = stored(splitterEntry(undefined, 'payments', splitLegs('blue', 'green', 10_000, []), undefined), 3);
    expect(roles(makeSeen(undefined, { splitter: all }), unstated)).to.deep.equal(['green', 'blue', 0]);
    expect(roles(makeSeen(undefined, { splitter: all }))).to.match(
      /all users are on green already .* the plan calls blue stable/,
    );
  });
  it('swap after a promotion, and refuse to ramp to the version before', () => {
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    expect(roles(makeSeen(promoted))).to.match(/green is promoted already, and blue is still the version before it/);
    const next = makePlan({ subsets: [{ name: 'blue', filter: versionFilter('4'), version: '4' }, makePlan().subsets[1]!] });
    expect(roles(makeSeen(promoted), next)).to.deep.equal(['green', 'blue', 0]);
  });
  it('after a promotion go by what stable was then, for applying a plan has given its subset the next version since', () => {
    const promoted = makeRollout(100, {
      state: { phase: 'Promoted', reason: 'BakePassed', step: 4 },
      before: versionFilter('1'),
    });
    expect(roles(makeSeen(promoted))).to.deep.equal(['green', 'blue', 0]);
    const back = makePlan({ subsets: [{ name: 'blue', filter: versionFilter('1'), version: '1' }, makePlan().subsets[1]!] });
    expect(roles(makeSeen(promoted), back)).to.match(/blue is still the version before it \(1\)/);
  });
  it('let a drill go to the version before', () => {
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    expect(findRoles(makePlan(), makeSeen(promoted), { again: true })).to.deep.include({ stable: 'green', canary: 'blue' });
  });
  it('refuse a plan of three', () => {
    expect(roles(makeSeen(undefined), makePlan({ subsets: [...makePlan().subsets, { name: 'red', filter: 'x' }] }))).to.match(
      /the plan has 3 subsets/,
    );
  });
});

describe('preflight', () => {
  const failed = (change: Parameters<typeof makeSeen>[1], plan = makePlan()) => {
    const seen = makeSeen(undefined, change);
    return preflight(plan, seen, findRoles(plan, seen))
      .filter((check) => check.verdict !== 'ok')
      .map(({ name, verdict }) => `${name} ${verdict}`);
  };
  it('is quiet when all is well', () => expect(failed({})).to.deep.equal([]));
  it('refuses tcp without being told a protocol, and a protocol that somebody chose otherwise', () => {
    const tcp = stored({ Kind: 'service-defaults', Name: 'payments', Protocol: 'tcp' }, 2);
    expect(failed({ defaults: tcp })).to.deep.equal(['protocol failed']);
    expect(failed({ defaults: tcp }, makePlan({ protocol: 'http' }))).to.deep.equal(['protocol failed']);
    expect(
      failed({ defaults: stored({ Kind: 'service-defaults', Name: 'payments' }, 2) }, makePlan({ protocol: 'http' })),
    ).to.deep.equal(['protocol warning']);
  });
  it('refuses entries of kubernetes, a redirect, and a stable that has nobody', () => {
    const resolver = makeSeen(undefined).resolver!;
    expect(failed({ resolver: stored({ ...resolver.entry, Meta: { 'external-source': 'kubernetes' } }, 3) })).to.deep.equal([
      'owner failed',
    ]);
    expect(failed({ resolver: stored({ ...resolver.entry, Redirect: { Service: 'pay2' } }, 3) })).to.deep.equal([
      'shadow failed',
    ]);
    expect(failed({ instances: { green: passing(1) } })).to.deep.equal(['stable failed']);
  });
  it('warns of routes past the splitter, of a timeout that is ignored, and of a canary not there yet', () => {
    const router = stored(
      {
        Kind: 'service-router',
        Routes: [{ Destination: { Service: 'payments', ServiceSubset: 'green' } }, { Destination: { PrefixRewrite: '/' } }],
      },
      4,
    );
    expect(failed({ router })).to.deep.equal(['shadow warning']);
    expect(failed({ resolver: stored({ ...makeSeen(undefined).resolver?.entry, RequestTimeout: '30s' }, 3) })).to.deep.equal([
      'timeout warning',
    ]);
    expect(failed({ instances: { blue: passing(1) } })).to.deep.equal(['canary warning']);
  });
});

describe('version: auto', () => {
  const auto = makePlan({
    subsets: [
      { name: 'blue', filter: '', version: 'auto' },
      { name: 'green', filter: '', version: 'auto' },
    ],
  });
  const versions = (seen: Parameters<typeof settleVersions>[1], running: readonly string[], live = false) => {
    const settled = settleVersions(auto, seen, running, live);
    return 'plan' in settled ? settled.plan.subsets.map((subset) => /"(.*)"/.exec(subset.filter)?.[1]) : settled.message;
  };
  const nothing = { resolverSince: 0, instances: {}, agreement: 'unknown', findings: [] } as const;
  it('takes the oldest for stable and the newest for canary before the first rollout', () => {
    expect(versions(nothing, ['1.10', '1.9', '1.2'])).to.deep.equal(['1.2', '1.10']);
  });
  it('gives the next release to the subset that became free after a promotion', () => {
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    expect(versions(makeSeen(promoted), ['2', '3', '4'])).to.deep.equal(['4', '3']);
  });
  it('changes nothing while a rollout is under way', () =>
    expect(versions(makeSeen(makeRollout(10)), ['2', '3', '4'], true)).to.deep.equal(['2', '3']));
  it('is refused when only stable’s version runs', () =>
    expect(versions(makeSeen(makeRollout(0)), ['2'])).to.match(
      /version: auto of green needs a version besides stable's; only 2 runs/,
    ));
  const reserved = (seen: Parameters<typeof settleVersions>[1], running: readonly string[]) => {
    const settled = settleVersions(auto, seen, running, false, true);
    if (!('plan' in settled)) return settled.message;
    const { plan } = settled;
    return { stable: plan.stable, reserving: isReserving(plan), filters: plan.subsets.map(({ filter }) => filter) };
  };
  it('takes the one version that runs for stable and keeps canary’s subset free, where only the base is asked for', () => {
    const adopted = { stable: 'blue', reserving: true, filters: [versionFilter('2'), `not (${versionFilter('2')})`] };
    expect(reserved(nothing, ['2', '2'])).to.deep.equal(adopted);
    expect(reserved(nothing, ['2', '3'])).to.deep.equal({
      stable: 'blue',
      reserving: false,
      filters: [versionFilter('2'), versionFilter('3')],
    });
    expect(reserved(nothing, [])).to.match(/none runs/);
  });
  it('leaves a subset as the resolver has it where its version runs no more', () => {
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    expect(reserved(makeSeen(promoted), ['3'])).to.deep.equal({
      stable: 'blue',
      reserving: false,
      filters: [versionFilter('2'), versionFilter('3')],
    });
  });
  it('never lets an empty filter be written', () =>
    expect(() => baseWrites(auto, nothing)).to.throw(/the filter of blue is empty/));
});

describe('subsets without a plan', () => {
  const none = { resolverSince: 0, instances: {}, agreement: 'unknown', findings: [] } as const;
  it('are the two versions that run, the older one stable', () => {
    expect(inferSubsets('payments', none, ['1.10', '1.9', '1.9'])).to.deep.equal({
      subsets: [
        { name: 'blue', filter: versionFilter('1.9'), version: '1.9' },
        { name: 'green', filter: versionFilter('1.10'), version: '1.10' },
      ],
    });
  });
  it('are those of the resolver when there is one', () => {
    expect(inferSubsets('payments', makeSeen(undefined), ['7'])).to.deep.equal({
      subsets: [
        { name: 'blue', filter: versionFilter('2') },
        { name: 'green', filter: versionFilter('3') },
      ],
    });
  });
  it('of a resolver keep the versions that run, so that a ramp stopped before its splitter can be typed again', () => {
    const seen = makeSeen(undefined);
    const inferred = inferSubsets('payments', seen, ['3', '2']);
    const { stable: _, ...plan } = makePlan('subsets' in inferred ? { subsets: inferred.subsets } : {});
    const roles = findRoles(plan, seen);
    expect(isRefusal(roles) ? roles.message : roles.stable).to.equal('blue');
  });
  describe('of a resolver that a person wrote', () => {
    const written = (filters: Readonly<Record<string, string>>) =>
      stored(
        {
          Kind: 'service-resolver',
          Name: 'payments',
          Subsets: Object.fromEntries(Object.entries(filters).map(([name, Filter]) => [name, { Filter }])),
        },
        2,
      );
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    const spelt = (version: string): readonly string[] => [
      `Service.Meta.version == ${version}`,
      `Service.Meta.version=="${version}"`,
      `Service.Meta.version == \`${version}\``,
      `Service.Meta["version"] == "${version}"`,
    ];
    it('are told by version however it is spelt: the promoted one is not ramped against itself', () => {
      for (const [i, blue] of spelt('v1').entries()) {
        const seen = makeSeen(promoted, { resolver: written({ blue, green: spelt('v2')[i]! }) });
        const same = inferSubsets('payments', seen, ['v1', 'v2']);
        expect('subsets' in same && same.subsets.map(({ filter, version }) => [filter, version])).to.deep.equal([
          [blue, 'v1'],
          [spelt('v2')[i], 'v2'],
        ]);
        const plan = makePlan('subsets' in same ? { subsets: same.subsets } : {});
        expect(isRefusal(findRoles(plan, seen)), blue).to.equal(true);
        const next = inferSubsets('payments', seen, ['v1', 'v2', 'v3']);
        expect('subsets' in next && next.subsets[0]).to.deep.equal({ name: 'blue', filter: versionFilter('v3'), version: 'v3' });
      }
    });
    it('stay as they are where a filter names no version', () => {
      const filters = { blue: 'Service.Meta.track == "stable"', green: 'Service.Meta.track == "canary"' };
      const seen = makeSeen(promoted, { resolver: written(filters) });
      const inferred = inferSubsets('payments', seen, ['2', '3', '4']);
      expect('subsets' in inferred && inferred.subsets.map(({ filter }) => filter)).to.deep.equal(Object.values(filters));
      const one = inferSubsets('payments', makeSeen(undefined, { resolver: written({ blue: filters.blue }) }), ['2']);
      expect('refused' in one && one.refused).to.match(/names no version, so the other one cannot be told$/);
    });
    it('are in place already for a plan that spells the same version otherwise', () => {
      const seen = makeSeen(makeRollout(10), { resolver: written({ blue: spelt('2')[0]!, green: spelt('3')[1]! }) });
      expect([baseWrites(makePlan(), seen), weightedConflicts(makePlan(), seen)]).to.deep.equal([[], []]);
    });
    it('of version: auto: stable’s version is known however it is spelt, and refused where its filter names none', () => {
      const auto = makePlan({
        subsets: ['blue', 'green'].map((name) => ({ name, filter: '', version: 'auto' })),
      });
      const settle = (filter: string) =>
        settleVersions(auto, makeSeen(undefined, { resolver: written({ blue: filter }) }), ['2', '3'], false);
      for (const filter of spelt('2')) {
        const settled = settle(filter);
        expect('plan' in settled && settled.plan.subsets.map((one) => one.filter)).to.deep.equal([filter, versionFilter('3')]);
      }
      const settled = settle('Service.Meta.track == "stable"');
      expect('message' in settled && settled.message).to.match(/the filter of blue names no version/);
    });
  });
  it('get the one missing beside a single known subset', () => {
    const resolver = stored(
      { Kind: 'service-resolver', Name: 'payments', DefaultSubset: 'blue', Subsets: { blue: { Filter: versionFilter('2') } } },
      2,
    );
    expect(inferSubsets('payments', { ...none, resolver }, ['2', '3'])).to.deep.equal({
      subsets: [
        { name: 'blue', filter: versionFilter('2'), version: '2' },
        { name: 'green', filter: versionFilter('3'), version: '3' },
      ],
    });
  });
  for (const versions of [[], ['2'], ['1', '2', '3']]) {
    it(`are not guessed from ${versions.length} versions`, () =>
      expect(inferSubsets('payments', none, versions)).to.have.keys('refused', 'hint'));
  }
});

it('times in records are RFC 3339 in UTC', () =>
  expect(writeRecord({}, makeRollout(1))['splitter-entered']).to.equal(new Date(NOON).toISOString()));
