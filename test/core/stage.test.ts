import { expect } from 'chai';
import { answerTo, questionOf, type StageFacts, type StageState } from '../../src/core/stage.js';

const FACTS: StageFacts = {
  service: 'payments',
  stable: 'blue',
  canary: 'green',
  weight: 2_000,
  room: 10_000,
  begun: true,
  byInstances: false,
  instances: { stable: 4, canary: 3 },
};
const fresh = { begun: false, weight: 0 };
const counted = { byInstances: true };

const at = (kind: Exclude<StageState['kind'], 'confirm-weight'>): StageState => ({ kind });
const halves: StageState = { kind: 'confirm-weight', weight: 5_000 };

/** State, what is different, answer; then the state and the action after it, and what is said. */
const TURNS: readonly (readonly [StageState, Partial<StageFacts>, string, StageState['kind'], string, RegExp])[] = [
  [at('weight'), {}, '20', 'weight', 'set 2000', /^$/],
  [at('weight'), {}, ' 12.5% ', 'weight', 'set 1250', /^$/],
  [at('weight'), {}, '1', 'weight', 'set 100', /^$/],
  [at('weight'), {}, '50', 'weight', 'set 5000', /^$/],
  [at('weight'), {}, '50.01', 'end', '', /^No more weights: green keeps 20% until you choose\.$/],
  [at('weight'), {}, '100', 'end', '', /keeps 20%/],
  [at('weight'), {}, '0', 'end', '', /keeps 20%/],
  [at('weight'), {}, '0.5', 'weight', '', /Type a weight from 1 to 50/],
  [at('weight'), {}, '-1', 'weight', '', /Type a weight/],
  [at('weight'), {}, '101', 'weight', '', /Type a weight/],
  [at('weight'), {}, '', 'weight', '', /Type a weight/],
  [at('weight'), {}, 'twenty', 'weight', '', /Type a weight/],
  [at('weight'), { room: 4_000 }, '45', 'weight', '', /Further legs leave 40%/],
  [at('weight'), {}, 'full', 'confirm-full', '', /^$/],
  [at('weight'), {}, 'Abort', 'confirm-abort', '', /^$/],
  [at('weight'), fresh, '20', 'weight', 'set 2000', /^$/],
  [at('weight'), fresh, '0', 'end', 'leave', /^Nothing was written\.$/],
  [at('weight'), fresh, '51', 'end', 'leave', /^Nothing was written\.$/],
  [at('weight'), fresh, 'abort', 'end', 'leave', /^Nothing was written\.$/],
  [at('weight'), fresh, 'full', 'weight', '', /no traffic yet/],

  [at('end'), {}, 'full', 'confirm-full', '', /^$/],
  [at('end'), {}, 'abort', 'confirm-abort', '', /^$/],
  [at('end'), {}, 'leave', 'end', 'leave', /green is left running and receiving 20% of the traffic/],
  [at('end'), {}, '20', 'end', '', /Type full, abort or leave/],
  [at('end'), {}, '', 'end', '', /Type full, abort or leave/],

  [at('confirm-full'), {}, 'yes', 'end', 'full', /^$/],
  [at('confirm-full'), {}, 'no', 'end', 'leave', /left running and receiving 20%/],
  [at('confirm-full'), {}, '', 'end', 'leave', /left running/],
  [at('confirm-full'), {}, 'yse', 'confirm-full', '', /Type yes or no/],
  [at('confirm-abort'), {}, 'y', 'end', 'abort', /^$/],
  [at('confirm-abort'), {}, 'n', 'end', 'leave', /left running and receiving 20%/],

  [at('rollback'), {}, '', 'rollback', 'leave', /^$/],
  [at('rollback'), {}, 'rollback', 'confirm-rollback', '', /^$/],
  [at('rollback'), {}, 'back', 'rollback', '', /Type rollback, or just Enter/],
  [at('confirm-rollback'), {}, 'yes', 'confirm-rollback', 'undo', /^$/],
  [at('confirm-rollback'), {}, 'no', 'confirm-rollback', 'leave', /green stays promoted/],

  [
    at('weight'),
    counted,
    '2',
    'confirm-weight',
    '',
    /^2 of green beside 4 of blue, round robin: 33\.33% of the traffic\.\nAs a weight: each of the 4 instances of blue gets 16\.67%, each of the 3 instances of green gets 11\.11%\.$/,
  ],
  [
    at('weight'),
    counted,
    '20%',
    'confirm-weight',
    '',
    /^20% is nearest to 1 instance of green\. 1 of green beside 4 of blue, round robin: 20%/,
  ],
  [at('weight'), counted, '1%', 'confirm-weight', '', /^1% is nearest to 1 instance of green\. .* 20% of the traffic/],
  [at('weight'), counted, '4', 'weight', '', /green has 3 instances ready: start 1 more first, or type 3 or less/],
  [
    at('weight'),
    counted,
    '5',
    'weight',
    '',
    /More than the 4 instances of blue\. 55\.56% by counting takes 4 of green beside 3 of blue, really 57\.14%: start 1 of green, stop 1 of blue/,
  ],
  [
    at('weight'),
    counted,
    '80%',
    'end',
    '',
    /80% by counting takes 4 of green beside 1 of blue: start 1 of green, stop 3 of blue\.\nNo more weights/,
  ],
  [at('weight'), counted, '0', 'end', '', /No more weights: green keeps 20%/],
  [at('weight'), { ...counted, ...fresh }, '0', 'end', 'leave', /Nothing was written/],
  [
    at('weight'),
    { ...counted, instances: { stable: 1, canary: 1 } },
    '10%',
    'confirm-weight',
    '',
    /50% of the traffic\. Beside a single instance of blue, 50% is all that counting can do\.\nAs a weight: the one instance of blue gets 50%, the one instance of green gets 50%/,
  ],
  [
    at('weight'),
    { ...counted, instances: { stable: 4, canary: 0 } },
    '1',
    'weight',
    '',
    /green has 0 instances ready: start 1 more first/,
  ],
  [halves, counted, 'yes', 'weight', 'set 5000', /^$/],
  [halves, counted, 'no', 'weight', '', /^$/],
];

describe('the dialogue of an interactive stage', () => {
  for (const [state, different, answer, kind, action, said] of TURNS)
    it(`${state.kind}${Object.keys(different).length === 0 ? '' : ` ${JSON.stringify(different)}`}: "${answer}" -> ${kind} ${action}`, () => {
      const facts = { ...FACTS, ...different };
      const turn = answerTo(state, answer, facts);
      const did =
        turn.action === undefined ? '' : [turn.action.kind, ...('weight' in turn.action ? [turn.action.weight] : [])].join(' ');
      expect([turn.state.kind, did]).to.deep.equal([kind, action]);
      expect(turn.say).to.match(said);
    });

  it('asks on one line of 80 columns, whatever it asks', () => {
    const states = [
      ...(['weight', 'end', 'confirm-full', 'confirm-abort', 'rollback', 'confirm-rollback'] as const).map(at),
      halves,
    ];
    for (const byInstances of [true, false])
      for (const state of states) {
        const question = questionOf(state, { ...FACTS, byInstances });
        expect(question.length, question).to.be.at.most(79);
        expect(question).to.match(/^\S.*[:?)] $/);
      }
  });
});
