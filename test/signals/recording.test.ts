import { expect } from 'chai';
import { readRecording, writeRecording } from '../../src/signals/recording.js';
import { NOON } from '../support/world.js';

const AT = new Date(NOON).toISOString();
const PAST = [
  {
    signal: 'errors',
    readings: [
      {
        signal: 'errors',
        at: NOON,
        query: 'the recording',
        raw: '',
        measurement: { kind: 'counts' as const, canary: { bad: 1, total: 9 }, stable: { bad: 0, total: 90 } },
      },
      {
        signal: 'errors',
        at: NOON + 1,
        query: 'the recording',
        raw: '',
        measurement: { kind: 'none' as const, why: 'no series' },
      },
    ],
  },
  {
    signal: 'p95',
    readings: [
      { signal: 'p95', at: NOON, query: 'the recording', raw: '', measurement: { kind: 'scalar' as const, value: 0.25 } },
      { signal: 'p95', at: NOON + 1, query: 'the recording', raw: '', measurement: { kind: 'error' as const, why: 'two' } },
    ],
  },
  {
    signal: 'slower',
    readings: [
      {
        signal: 'slower',
        at: NOON,
        query: 'the recording',
        raw: '',
        measurement: { kind: 'pair' as const, canary: 0.5, stable: 0.25 },
      },
    ],
  },
];

describe('a recording', () => {
  it('is read as it was written', () => {
    const text = writeRecording({ service: 'payments', stable: 'blue', canary: 'green' }, PAST);
    expect(JSON.parse(text)).to.include({ service: 'payments', stable: 'blue', canary: 'green' });
    expect(readRecording(text)).to.deep.equal(PAST);
  });

  it('may be JSON lines, with unix seconds', () => {
    const lines = [
      `{"signal":"errors","at":${NOON / 1_000},"canary":{"bad":1,"total":9},"stable":{"bad":0,"total":90}}`,
      `{"signal":"p95","at":"${AT}","value":0.25}`,
      '',
    ];
    for (const text of [lines.join('\n'), lines[0]!])
      expect((readRecording(text) as typeof PAST)[0]!.readings[0]).to.deep.equal(PAST[0]!.readings[0]);
    expect(readRecording(lines.join('\n'))).to.have.length(2);
  });

  const wrong: readonly [string, string, RegExp][] = [
    ['no JSON', 'nothing', /^line 1: is no JSON$/],
    ['no signals', '{"readings": []}', /^signals: /],
    [
      'more bad than all',
      `{"signals":{"e":[{"at":"${AT}","canary":{"bad":2,"total":1},"stable":{"bad":0,"total":0}}]}}`,
      /^signals\.e\[0\]\.canary: more are bad/,
    ],
    ['no time', '{"signals":{"e":[{"at":"noon","value":1}]}}', /^signals\.e\[0\]/],
    ['a broken second line', `{"signal":"p","at":"${AT}","value":1}\n{"signal":"p"}`, /^line 2: /],
  ];
  for (const [name, text, message] of wrong)
    it(`is refused with the place: ${name}`, () => {
      const read = readRecording(text);
      expect(read).to.be.instanceOf(Error);
      expect((read as Error).message).to.match(message);
    });
});
