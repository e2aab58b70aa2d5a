import { expect } from 'chai';
import { parseMoment } from '../../src/core/moment.js';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('a moment as people write it', () => {
  const good: readonly [string, number][] = [
    ['2026-11-21T09:00:00Z', NOW - 3 * 3_600_000],
    ['2026-11-21T10:00:00.5+01:00', NOW - 3 * 3_600_000 + 500],
    ['1795251600', 1_795_251_600_000],
    ['1795251600.25', 1_795_251_600_250],
    ['-2h', NOW - 7_200_000],
    ['-1h30m', NOW - 5_400_000],
    ['now', NOW],
  ];
  for (const [text, at] of good) it(`reads ${text}`, () => expect(parseMoment(text, NOW)).to.equal(at));

  for (const text of ['', 'yesterday', '2h', '-2', '2026-11-21', '2026-11-21T09:00:00', '2026-13-41T09:00:00Z', '--2h', '-'])
    it(`refuses "${text}"`, () => expect(parseMoment(text, NOW)).to.equal(undefined));
});
