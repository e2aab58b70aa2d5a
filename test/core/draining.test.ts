import { expect } from 'chai';
import fc from 'fast-check';
import { type CallersFlight, drainingOf, type InFlight, type InstancesFlight } from '../../src/core/draining.js';

const callers = (active: number, sent: number, more: Partial<CallersFlight> = {}): InFlight => ({
  callers: { active, sent, earlier: 0, connections: 0, unknown: [], ...more },
});
const instances = (active: number, received: number, connections = 0): { instances: InstancesFlight } => ({
  instances: { active, received, connections },
});
const GATEWAY = { unknown: ['api-gateway (cannot be read: connection refused)'] };
const SAFE = 'blue is drained: safe to stop';
const GETS = 'blue is not drained: it still gets requests';
const UNKNOWN = 'not known: blue may have requests of api-gateway (cannot be read: connection refused)';

describe('draining', () => {
  const table: readonly (readonly [string, InFlight, InFlight, boolean | null, number | null, string])[] = [
    ['nothing in flight, nothing sent in between', callers(0, 90), callers(0, 90), true, 0, SAFE],
    ['never used', callers(0, 0), callers(0, 0), true, 0, SAFE],
    ['one still in flight', callers(1, 90), callers(1, 90), false, 1, 'blue is not drained: 1 request is in flight'],
    ['several', callers(0, 90), callers(3, 93), false, 3, 'blue is not drained: 3 requests are in flight'],
    ['none in flight, but short ones came', callers(0, 90), callers(0, 91), false, 0, GETS],
    ['a sidecar began anew', callers(0, 90), callers(0, 2), false, 0, GETS],
    ['the last one ended in between', callers(1, 90), callers(0, 90), true, 0, SAFE],
    ['a caller cannot be read', callers(0, 90, GATEWAY), callers(0, 90), null, 0, UNKNOWN],
    [
      'one that can be read has some',
      callers(0, 90, GATEWAY),
      callers(2, 90, GATEWAY),
      false,
      2,
      'blue is not drained: 2 requests are in flight',
    ],
    ['none can', callers(0, 90), {}, null, null, 'not known: neither callers of blue nor its instances can be read'],
    [
      'some are from before the split, and nobody knows where',
      callers(0, 90),
      callers(0, 90, { earlier: 4 }),
      null,
      4,
      'not known: 4 requests are under way since before the split, and may be on blue',
    ],
    [
      'they are on blue, by its own sidecars',
      { ...callers(0, 90, { earlier: 4 }), ...instances(3, 50, 3) },
      { ...callers(0, 90, { earlier: 4 }), ...instances(3, 50, 3) },
      false,
      3,
      'blue is not drained: 3 requests are in flight',
    ],
    [
      'they are elsewhere, by its own sidecars',
      { ...callers(0, 90, { earlier: 4 }), ...instances(0, 50) },
      { ...callers(0, 90, { earlier: 4 }), ...instances(0, 50) },
      true,
      0,
      SAFE,
    ],
    [
      'only its own sidecars see some',
      { ...callers(0, 90), ...instances(1, 50, 1) },
      { ...callers(0, 90), ...instances(1, 50, 1) },
      false,
      1,
      'blue is not drained: 1 request is in flight',
    ],
    [
      'only its own sidecars see one come',
      { ...callers(0, 90), ...instances(0, 50) },
      { ...callers(0, 90), ...instances(0, 51) },
      false,
      0,
      GETS,
    ],
    [
      'a caller cannot be read, and no connection is open',
      { ...callers(0, 90, GATEWAY), ...instances(0, 50) },
      { ...callers(0, 90, GATEWAY), ...instances(0, 50) },
      true,
      0,
      SAFE,
    ],
    [
      'all that are open are those of callers that were read',
      { ...callers(0, 90, { ...GATEWAY, connections: 2 }), ...instances(0, 50, 2) },
      { ...callers(0, 90, { ...GATEWAY, connections: 2 }), ...instances(0, 50, 2) },
      true,
      0,
      SAFE,
    ],
    [
      'one more is open',
      { ...callers(0, 90, { ...GATEWAY, connections: 2 }), ...instances(0, 50, 3) },
      { ...callers(0, 90, { ...GATEWAY, connections: 2 }), ...instances(0, 50, 3) },
      null,
      0,
      UNKNOWN,
    ],
    ['no caller is known, no connection open', instances(0, 50), instances(0, 50), true, 0, SAFE],
    [
      'no caller is known, one connection open',
      instances(0, 50, 1),
      instances(0, 50, 1),
      null,
      0,
      'not known: blue may have requests of callers that cannot be found',
    ],
    [
      'many cannot be read',
      callers(0, 90, { unknown: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }),
      callers(0, 90),
      null,
      0,
      'not known: blue may have requests of a, b, c, d, e and 2 more',
    ],
  ];
  for (const [name, first, second, drained, inFlight, message] of table)
    it(name, () => expect(drainingOf('blue', first, second)).to.deep.equal({ subset: 'blue', drained, inFlight, message }));

  it('is never said of a subset with a request in flight, of one that got any, or of one that somebody may call unseen', () => {
    const small = fc.nat(2);
    const outbound = fc.record({
      active: small,
      sent: small,
      earlier: small,
      connections: small,
      unknown: fc.constantFrom<readonly string[]>([], ['gw']),
    });
    const inbound = fc.record({ active: small, received: small, connections: small });
    const any: fc.Arbitrary<InFlight> = fc.record({ callers: outbound, instances: inbound }, { requiredKeys: [] });
    fc.assert(
      fc.property(any, any, (first, second) => {
        if (drainingOf('blue', first, second).drained !== true) return;
        expect(second.callers?.active ?? 0).to.equal(0);
        expect(second.callers?.sent ?? 0).to.equal(first.callers?.sent ?? 0);
        if (first.instances !== undefined && second.instances !== undefined) {
          expect([second.instances.active, second.instances.received]).to.deep.equal([0, first.instances.received]);
        } else expect([second.callers?.earlier, second.callers?.unknown, first.callers?.unknown]).to.deep.equal([0, [], []]);
        for (const { callers: from, instances: at } of [first, second])
          if (from === undefined || from.unknown.length > 0) expect(at!.connections).to.be.at.most(from?.connections ?? 0);
      }),
      { numRuns: 5_000 },
    );
  });
});
