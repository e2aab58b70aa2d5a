import { expect } from 'chai';
import fc from 'fast-check';
import { drainingOf, type InFlight } from '../../src/core/draining.js';

const look = (active: number, sent: number, complete = true): InFlight => ({ active, sent, complete });

describe('draining', () => {
  const table: readonly (readonly [string, InFlight | undefined, InFlight | undefined, boolean | null, number | null, string])[] =
    [
      ['nothing in flight, nothing sent in between', look(0, 90), look(0, 90), true, 0, 'blue is drained: safe to stop'],
      ['never used', look(0, 0), look(0, 0), true, 0, 'blue is drained: safe to stop'],
      ['one still in flight', look(1, 90), look(1, 90), false, 1, 'blue is not drained: 1 request is in flight'],
      ['several', look(0, 90), look(3, 93), false, 3, 'blue is not drained: 3 requests are in flight'],
      ['none in flight, but short ones came', look(0, 90), look(0, 91), false, 0, 'blue is not drained: it still gets requests'],
      ['a sidecar began anew', look(0, 90), look(0, 2), false, 0, 'blue is not drained: it still gets requests'],
      ['the last one ended in between', look(1, 90), look(0, 90), true, 0, 'blue is drained: safe to stop'],
      [
        'a caller cannot be read',
        look(0, 90, false),
        look(0, 90),
        null,
        0,
        "whether blue is drained is unknown: not all callers' sidecars can be read",
      ],
      [
        'one that can be read has some',
        look(0, 90, false),
        look(2, 90, false),
        false,
        2,
        'blue is not drained: 2 requests are in flight',
      ],
      ['none can', look(0, 90), undefined, null, null, "whether blue is drained is unknown: no caller's sidecar can be read"],
    ];
  for (const [name, first, second, drained, inFlight, message] of table)
    it(name, () => expect(drainingOf('blue', first, second)).to.deep.equal({ subset: 'blue', drained, inFlight, message }));

  it('is never said of a subset with a request in flight, of one that got any, or of one that somebody may call unseen', () => {
    const any = fc.record({ active: fc.nat(3), sent: fc.nat(3), complete: fc.boolean() });
    fc.assert(
      fc.property(any, any, (first, second) => {
        const safe = second.active === 0 && first.sent === second.sent && first.complete && second.complete;
        expect(drainingOf('blue', first, second).drained === true).to.equal(safe);
      }),
    );
  });
});
