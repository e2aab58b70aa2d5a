import { expect } from 'chai';
import fc from 'fast-check';
import type { Phase, Rollout, State } from '../../src/core/rollout.js';
import { ASCII, UNICODE } from '../../src/view/chart.js';
import { type LiveMoment, liveLines } from '../../src/view/live.js';
import { visibleLength } from '../../src/view/screen.js';
import { COLOUR, PLAIN } from '../../src/view/style.js';
import { Trail } from '../../src/view/trail.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';

const HOUR = 3_600_000;

function momentOf(rollout: Rollout, change: Partial<LiveMoment> = {}, seen: Parameters<typeof makeSeen>[1] = {}): LiveMoment {
  const plan = makePlan({ steps: [weight(10), { kind: 'pause', for: 300_000 }, weight(100)] });
  return { plan, rollout, seen: makeSeen(rollout, seen), why: 'pause of 5m', wakeAt: NOON, now: NOON + 60_000, ...change };
}

const text = (moment: LiveMoment, columns = 80, driver = 'ramp here', trail = new Trail()): string =>
  liveLines(moment, driver, { style: PLAIN, columns }, trail).join('\n');

describe('the live view', () => {
  it('tells phase, step, weight and time; what comes next and when; the deadline', () => {
    const plan = makePlan({ steps: [weight(10), { kind: 'pause', for: 300_000 }, weight(100)], deadline: 4 * HOUR });
    const rollout = makeRollout(10, { state: { phase: 'Progressing', reason: 'Stepping', step: 1 } });
    const screen = text(momentOf(rollout, { plan }));
    expect(screen).to.match(/^> Progressing {3}step 2\/3 {3}10% {3}for 1m +payments {2}LIVE$/m);
    expect(screen).to.include('Next: weight 100% in 4m.   Deadline in 2h59m.');
    expect(screen).to.include('blue "2" -> green "3"   by dana   plan abc   rollout ..0000000   #20');
    expect(screen).to.include('weight 10% ok | pause 5m NOW | weight 100% | bake 1m');
    expect(screen).to.include('driver ramp here   splitter pause|abort|promote payments');
  });

  it('tells each weight three times, and says so where no sidecar tells', () => {
    const rollout = makeRollout(10);
    const told = text(momentOf(rollout, {}, { observed: { blue: 8_980, green: 1_020 } }));
    expect(told).to.match(/canary +10\.0% +10\.0% +10\.2% +##\.{20} +2 \/ 0 \/ 0/);
    expect(text(momentOf(rollout))).to.match(/canary +10\.0% +10\.0% +\? /);
  });

  for (const [state, type] of [
    [{ phase: 'Paused', reason: 'PauseStep', step: 1 }, 'splitter continue|abort payments'],
    [{ phase: 'Paused', reason: 'Drift', step: 1 }, 'splitter resume payments --adopt | --reassert;  splitter abort payments'],
    [{ phase: 'Promoted', reason: 'Completed', step: 3 }, 'splitter undo payments takes it back'],
    [
      { phase: 'Reverted', reason: 'SignalFailed', step: 1 },
      'splitter history payments shows why;  splitter retry payments tries again',
    ],
  ] as [State, string][])
    it(`says what to type when it is ${state.phase} (${state.reason})`, () =>
      expect(text(momentOf(makeRollout(10, { state }))).replace(/\s+/g, ' ')).to.include(type.replace(/\s+/g, ' ')));

  it('says for how long it has not heard from Consul', () => {
    const rollout = makeRollout(10);
    const trail = new Trail();
    trail.add(momentOf(rollout));
    const late = momentOf(rollout, { now: NOON + 72_000, trouble: 'Consul does not answer' });
    const screen = text(late, 80, 'ramp here', trail);
    expect(screen).to.match(/payments {2}STALE 12s$/m);
    expect(screen).to.include('Now: Consul does not answer');
  });

  it('says that it wants to revert and cannot, above all else', () => {
    const trouble =
      'wants to revert, cannot reach Consul: errors: 17% of 30 requests failed; Consul does not answer; what it said is 4s old';
    const screen = text(momentOf(makeRollout(10), { trouble, urgent: true }));
    expect(screen).to.include('Now: wants to revert, cannot reach Consul');
    expect(screen.replace(/\s+/g, ' ')).to.include(
      'Next: all traffic back to blue as soon as Consul answers; it is tried all the while.',
    );
  });

  const ERRORS = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 } as const;
  for (const [name, change, says] of [
    ['somebody watches', {}, 'a bad signal still reverts'],
    ['nobody watches', { watched: false }, 'nobody watches it'],
    ['Consul is gone', { trouble: 'Consul does not answer' }, 'a bad signal reverts as soon as Consul answers'],
    [
      'no signal may revert',
      { plan: makePlan({ signals: [{ ...ERRORS, dryRun: true }] }) },
      'no signal is watched; losing its instances still reverts',
    ],
  ] as const)
    it(`tells what a bad signal would do: ${name}`, () => {
      const rollout = makeRollout(10, { state: { phase: 'Paused', reason: 'PauseStep', step: 1 } });
      const screen = text(momentOf(rollout, { plan: makePlan({ signals: [ERRORS] }), ...change }), 120);
      expect(screen).to.include(`Next: a person decides; ${says}.`);
    });

  it('shows the worst signals where there are too many, and says how many it leaves out', () => {
    const findings = Array.from({ length: 12 }, (_, i) => finding(`signal-${i}`, i === 11 ? 'Failed' : 'Successful'));
    const screen = text(momentOf(makeRollout(10), {}, { findings }));
    expect(screen).to.match(/signal-11 +Failed/);
    expect(screen).to.include('+7 signals, all Successful');
  });

  it('shows the steps around the present one where there are many', () => {
    const steps = Array.from({ length: 40 }, (_, i) => weight(i + 1));
    const rollout = makeRollout(20, { state: { phase: 'Progressing', reason: 'Stepping', step: 19 } });
    const screen = text(momentOf(rollout, { plan: makePlan({ steps }) })).replace(/\s+/g, ' ');
    expect(screen).to.match(/steps 16 done \| weight 17% ok \| .* \| weight 20% NOW \|/);
  });

  it('shows the last three decisions', () => {
    const trail = new Trail();
    for (let i = 1; i <= 5; i++)
      trail.add(momentOf(makeRollout(i, { seq: i, message: `decision ${i}`, enteredAt: NOON + i * 1_000 })));
    const shown = text(momentOf(makeRollout(5)), 80, 'ramp here', trail).match(/\d\d:\d\d:\d\d {2}decision \d/g);
    expect(shown).to.deep.equal(['12:00:05  decision 5', '12:00:04  decision 4', '12:00:03  decision 3']);
  });

  it('on a wide screen the charts stand beside the tables', () => {
    const trail = new Trail();
    const rollout = makeRollout(10);
    const seen = { findings: [finding('errors', 'Successful', { value: '0.2%', bound: '<= 0.5%' })] };
    for (let i = 0; i < 300; i++) trail.add(momentOf(rollout, { now: NOON + i * 1_000 }, seen));
    const wide = text(momentOf(rollout, { now: NOON + 300_000 }, seen), 120, 'ramp here', trail);
    expect(wide).to.include('| last 5m   # asked  o observed');
    expect(wide).to.include('errors 0.2%  bound <= 0.5% (3/4 up)');
    expect(text(momentOf(rollout, {}, seen), 100)).to.not.include('| last');
  });

  const phases: readonly Phase[] = [
    'Pending',
    'Progressing',
    'Paused',
    'Baking',
    'Promoting',
    'Promoted',
    'Reverting',
    'Reverted',
    'Superseded',
  ];
  it('fits into 22 rows and its columns, whatever there is to show, and is ASCII unless asked for more', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...phases),
        fc.integer({ min: 60, max: 200 }),
        fc.array(fc.string({ maxLength: 40 }), { maxLength: 20 }),
        fc.string({ maxLength: 400 }),
        fc.boolean(),
        (phase, columns, names, message, coloured) => {
          const state = { phase, reason: 'PauseStep', step: 1 } as unknown as State;
          const rollout = makeRollout(10, { state, message: ascii(message), by: ascii(message).slice(0, 30) });
          const findings = names.map((name) => finding(ascii(name), 'Inconclusive', { bound: ascii(message) }));
          const trail = new Trail();
          const moment = momentOf(rollout, {}, { findings });
          trail.add(moment);
          const style = coloured ? COLOUR : PLAIN;
          const lines = liveLines(moment, 'the controller c1 (of 3)', { style, columns, glyphs: ASCII }, trail);
          expect(lines.length).to.be.at.most(22);
          for (const line of lines) {
            expect(visibleLength(line), line).to.be.at.most(columns);
            // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
            expect(line.replace(/\u001b\[\d+m/g, '')).to.match(/^[ -~]*$/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('draws with blocks where the terminal shows them', () => {
    const lines = liveLines(momentOf(makeRollout(10)), 'ramp here', { style: PLAIN, columns: 80, glyphs: UNICODE });
    expect(lines.join('\n')).to.include('██░░');
  });
});

function ascii(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}
