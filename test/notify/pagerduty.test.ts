import { expect } from 'chai';
import { emptyHistory, logEntry } from '../../src/core/history.js';
import { noticesOf, stuckNotice } from '../../src/core/notice.js';
import type { Standing, State } from '../../src/core/rollout.js';
import { eventsOf } from '../../src/notify/pagerduty.js';
import { makePlan, makeRollout, NOON } from '../support/world.js';
import { longText, makeNotice } from './notices.js';

interface Event {
  readonly event_action?: string;
  readonly dedup_key?: string;
  readonly payload?: { readonly severity?: string; readonly summary: string; readonly source: string };
  readonly links?: readonly object[];
}

/** What becomes of each entry of a log, in its order: the incident, with its severity, and what is a change only. */
function toldOf(...states: readonly State[]): readonly string[] {
  const plan = makePlan();
  const entries = states.map((state, i) => logEntry(makeRollout(10, { seq: i + 1, state, plan: 'abc' }), NOON, [], 0, i + 1));
  const history = { ...emptyHistory('payments', '01A'), plans: { abc: { plan, source: '' } }, entries };
  return noticesOf(history, 0).map(
    (notice) =>
      `${notice.phase} ${notice.reason}: ${eventsOf(notice)
        .map(({ path, event }) => (path === '/v2/enqueue' ? sayIncident(event as Event) : 'change'))
        .join(', ')}`,
  );
}

const sayIncident = ({ event_action, payload }: Event): string => `${event_action} ${payload?.severity ?? ''}`.trim();
const progressing: State = { phase: 'Progressing', reason: 'Stepping', step: 0 };
const paused = (reason: Extract<Standing, { phase: 'Paused' }>['reason']): State => ({ phase: 'Paused', reason, step: 1 });
const back = (reason: Extract<State, { phase: 'Reverting' }>['reason']): State => ({ phase: 'Reverting', reason, step: 1 });

describe('a notice in PagerDuty', () => {
  for (const [name, states, told] of [
    ['opens an incident for a revert', [back('SignalFailed')], ['Reverting SignalFailed: trigger error']],
    ['ends it when a person took traffic back', [back('Aborted')], ['Reverting Aborted: resolve, change']],
    [
      'opens one for what waits for a person, and ends it when it goes on',
      [paused('Drift'), progressing, paused('PauseStep'), { ...progressing, step: 2 }],
      [
        'Paused Drift: trigger warning',
        'Progressing Stepping: resolve, change',
        'Paused PauseStep: trigger warning',
        'Progressing Stepping: resolve, change',
      ],
    ],
    ['pages nobody for what a person did', [paused('Operator')], ['Paused Operator: change']],
    ['opens one when the driver is lost', [paused('DriverLost')], ['Paused DriverLost: trigger warning']],
    [
      'ends it with the promotion',
      [{ phase: 'Promoted', reason: 'BakePassed', step: 4 }],
      ['Promoted BakePassed: resolve, change'],
    ],
    [
      'ends it with a retry, which is a new rollout',
      [{ phase: 'Pending', reason: 'Starting', step: 0 }],
      ['Pending Starting: resolve, change'],
    ],
  ] as const satisfies readonly (readonly [string, readonly State[], readonly string[]])[]) {
    it(name, () => expect(toldOf(...states)).to.deep.equal(told));
  }

  it('opens a critical one when Consul takes no revert', () => {
    const rollout = makeRollout(10, { seq: 4, state: progressing, plan: 'abc' });
    const entry = (state: State, percent: number) =>
      logEntry(makeRollout(percent, { seq: 5, state, plan: 'abc' }), NOON, [], 0, 0);
    const notice = stuckNotice(
      makePlan(),
      entry(back('SignalFailed'), 0),
      logEntry(rollout, NOON, [], 0, 0),
      'Consul has no leader',
    );
    const [{ event }] = eventsOf(notice) as unknown as [{ event: Event }];
    expect(sayIncident(event)).to.equal('trigger critical');
    expect(event.payload!.summary).to.match(
      /^payments cannot be taken back to blue "2" \(SignalFailed\): .*; Consul takes no write: Consul has no leader$/,
    );
    expect(JSON.stringify(event)).to.include('green 10%');
  });

  it('has the same key for every rollout of a service, since only that key ends an incident', () => {
    const keyOf = (rollout: string): unknown => eventsOf(makeNotice({ rollout, datacenter: 'dc1' }))[0]!.event.dedup_key;
    expect(keyOf('01A')).to.equal('splitter/dc1/payments').and.to.equal(keyOf('01B'));
  });

  it('says where, what and why, and keeps within the limits', () => {
    const notice = makeNotice({ datacenter: 'dc1', sentence: longText(5_000) });
    const [{ event }] = eventsOf(notice, 'https://splitter.example/#/rollouts/payments') as unknown as [{ event: Event }];
    expect(event.payload).to.include({ source: 'dc1/payments', component: 'payments', group: 'dc1', class: 'SignalFailed' });
    expect(event.payload!.summary).to.have.length(1_024);
    expect(event.links).to.deep.equal([
      { href: 'https://splitter.example/#/rollouts/payments', text: 'The page of this rollout' },
    ]);
    const longName = makeNotice({ service: 's'.repeat(300) });
    expect(eventsOf(longName)[0]!.event.dedup_key).to.have.length(255);
  });
});
