import { expect } from 'chai';
import {
  type CallerSent,
  offCanaryOf,
  requestsNeeded,
  type Standings,
  standAfter,
  type TakenBack,
} from '../../src/core/off-canary.js';

const SINCE = 10_000;
const taken = (before?: number): TakenBack => ({ subset: 'green', since: SINCE, before });

/** What a caller has sent so many ms after the revert: to green, and in all. */
const sent = (name: string, after: number, gone: number, all: number): CallerSent => ({
  name,
  id: name,
  node: 'n1',
  at: SINCE + after,
  gone,
  all,
});

/** The verdict after these looks. */
function verdictOf(of: TakenBack, looks: readonly (readonly CallerSent[])[], unread: readonly string[] = []) {
  let standings: Standings = new Map();
  for (const callers of looks) standings = standAfter(standings, { callers, unread }, of);
  return offCanaryOf(of, standings, unread);
}

describe('callers off canary', () => {
  const rows: readonly (readonly [
    what: string,
    looks: readonly (readonly CallerSent[])[],
    off: boolean | null | undefined,
    ms: number | null | undefined,
    message?: string,
  ])[] = [
    ['nobody can be read', [[]], undefined, undefined],
    [
      'it stopped between two looks',
      [[sent('web', 100, 50, 100)], [sent('web', 300, 55, 110)], [sent('web', 600, 55, 130)]],
      true,
      300,
      'every caller is off green: 0.3 s after the revert was written',
    ],
    [
      'it had stopped before the first look',
      [[sent('web', 100, 50, 100)], [sent('web', 600, 50, 130)]],
      true,
      100,
      'every caller is off green: 0.1 s after the revert was written',
    ],
    [
      'the last one counts',
      [
        [sent('web', 100, 50, 100), sent('app', 100, 5, 10)],
        [sent('web', 300, 55, 110), sent('app', 1_200, 9, 30)],
        [sent('web', 600, 55, 130), sent('app', 1_900, 9, 60)],
      ],
      true,
      1_200,
      'every caller is off green: 1.2 s after the revert was written',
    ],
    [
      'too few requests to tell',
      [[sent('web', 100, 50, 100)], [sent('web', 600, 50, 103)]],
      null,
      null,
      'not confirmed: web on n1 has sent 3 requests since, too few to tell',
    ],
    [
      'one that sends nothing at all is let be',
      [
        [sent('web', 100, 50, 100), sent('idle', 100, 7, 9)],
        [sent('web', 1_200, 50, 130), sent('idle', 1_200, 7, 9)],
      ],
      true,
      100,
    ],
    [
      'it still sends',
      [[sent('web', 1_600, 50, 100)], [sent('web', 2_000, 57, 120)], [sent('web', 2_400, 64, 140)]],
      false,
      null,
      'not confirmed: web on n1 still sends 35% to green',
    ],
    [
      'it stopped late',
      [[sent('web', 1_600, 50, 100)], [sent('web', 2_000, 57, 120)], [sent('web', 2_400, 57, 140)]],
      true,
      2_000,
      'every caller is off green: 2.0 s after the revert was written',
    ],
    [
      'a sidecar began anew and has sent to it',
      [[sent('web', 1_600, 50, 100)], [sent('web', 2_000, 3, 9)]],
      false,
      null,
      'not confirmed: web on n1 still sends 33% to green',
    ],
    [
      'who looks long after knows no time',
      [[sent('web', 60_000, 50, 100)], [sent('web', 61_000, 50, 130)]],
      true,
      null,
      'every caller is off green',
    ],
    [
      'one that is gone holds nobody up',
      [[sent('web', 100, 50, 100), sent('old', 100, 9, 10)], [sent('web', 600, 50, 130)]],
      true,
      100,
    ],
  ];
  for (const [what, looks, off, ms, message] of rows)
    it(`${what}: ${off}`, () => {
      const verdict = verdictOf(taken(0.5), looks);
      expect([verdict?.off, verdict === undefined ? undefined : verdict.ms === null ? null : verdict.ms]).to.deep.equal([
        off,
        ms,
      ]);
      if (message !== undefined) expect(verdict?.message).to.equal(message);
    });

  it('asks for as many requests as would have shown the share of before', () => {
    expect([0.5, 0.1, 0.01, 1, undefined].map((share) => requestsNeeded(share))).to.deep.equal([8, 51, 528, 1, 51]);
    const looks = [[sent('web', 100, 50, 100)], [sent('web', 900, 50, 130)]];
    expect(verdictOf(taken(0.1), looks)?.off).to.equal(null);
    expect(verdictOf(taken(0.25), looks)?.off).to.equal(true);
  });

  it('does not take a lucky row of a caller that is stale for its end', () => {
    expect([1, 2, 30].map((row) => requestsNeeded(0.9, row))).to.deep.equal([3, 3, 5]);
    const looks = [[sent('web', 1_600, 0, 0)]];
    // Every fourth look all three requests go elsewhere.
    for (let i = 1, gone = 0; i <= 40; i++) {
      gone += i % 4 === 0 ? 0 : 3;
      looks.push([sent('web', 1_600 + 100 * i, gone, 3 * i)]);
    }
    const off = looks.map((_, i) => verdictOf(taken(0.9), looks.slice(0, i + 1))?.off);
    expect(off.slice(20)).to.not.include(true);
  });

  it('names who was not read, and three of many', () => {
    const looks = [[sent('web', 100, 50, 100)], [sent('web', 600, 50, 130)]];
    expect(verdictOf(taken(0.5), looks, ['edge on n2'])?.message).to.match(/written; not read: edge on n2$/);
    const many = (all: number): CallerSent[] => ['a', 'b', 'c', 'd', 'e'].map((name) => sent(name, 100, 0, all));
    expect(verdictOf(taken(0.5), [many(1), many(2)])?.message).to.match(
      /^not confirmed: a on n1 has sent 1 request since.* and 2 more$/,
    );
  });
});
