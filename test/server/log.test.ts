import { expect } from 'chai';
import { type LogEntry, logEntry } from '../../src/core/history.js';
import type { Rollout } from '../../src/core/rollout.js';
import type { Finding } from '../../src/core/verdict.js';
import { createLog, type Log, type LogOptions, withoutAddresses } from '../../src/server/log.js';
import { logDecision } from '../../src/server/log-decision.js';
import {
  logMembership,
  logNotificationFailed,
  logPlan,
  logPlanRefused,
  logRecovery,
  logTrouble,
} from '../../src/server/log-events.js';
import { makeRollout, NOON } from '../support/world.js';
import { makeFinding } from './snapshots.js';

const OF = { service: 'payments', rollout: '01JDK7Q0000000000000000000', steps: 5 };

function entryOf(rollout: Rollout, findings: readonly Finding[] = []): LogEntry {
  return logEntry(rollout, NOON, findings, 41, 42);
}

/** What is written by these calls, a line each. */
function written(use: (log: Log) => void, options: Partial<LogOptions> = {}): readonly string[] {
  const lines: string[] = [];
  use(createLog({ level: 'debug', format: 'json', write: (line) => lines.push(line), controller: 'c1', ...options }));
  return lines;
}

function json(use: (log: Log) => void, options: Partial<LogOptions> = {}): readonly Record<string, unknown>[] {
  return written(use, options).map((line) => JSON.parse(line) as Record<string, unknown>);
}

function text(use: (log: Log) => void): readonly string[] {
  return written(use, { format: 'text' }).map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /, ''));
}

const before = entryOf(makeRollout(10));
const step = entryOf(
  makeRollout(25, { seq: 8, message: 'step 2: weight 25%', state: { phase: 'Progressing', reason: 'Stepping', step: 1 } }),
);

describe('logDecision', () => {
  it('writes one line with who, what, why and the numbers', () => {
    const [line, more] = json((log) => logDecision(log, OF, step, before));
    expect(more).to.equal(undefined);
    const { time, ...rest } = line!;
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).to.deep.equal({
      level: 'info',
      controller: 'c1',
      service: 'payments',
      rollout: '01JDK7Q0000000000000000000',
      seq: 8,
      phase: 'Progressing',
      reason: 'Stepping',
      step: '2/5',
      canary: 'green',
      moved: '10% -> 25%',
      weights: { blue: 75, green: 25 },
      driver: 'ramp:test',
      by: 'dana',
      index: 42,
      msg: 'step 2: weight 25%',
    });
  });

  it('reads well as text', () => {
    expect(text((log) => logDecision(log, OF, step, before))).to.deep.equal([
      'payments 10% -> 25%  step 2/5  Progressing (Stepping)  step 2: weight 25%\n',
    ]);
    const baking = entryOf(makeRollout(100, { message: 'watching', state: { phase: 'Baking', reason: 'Watching', step: 5 } }));
    expect(text((log) => logDecision(log, OF, baking))).to.deep.equal([
      'payments 100%  step bake  Baking (Watching)  watching\n',
    ]);
    const { steps: _, ...unknown } = OF;
    expect(text((log) => logDecision(log, unknown, step))).to.deep.equal([
      'payments 25%  step 2  Progressing (Stepping)  step 2: weight 25%\n',
    ]);
  });

  const levels: readonly [level: string, state: Rollout['state']][] = [
    ['info', { phase: 'Progressing', reason: 'Stepping', step: 2 }],
    ['info', { phase: 'Paused', reason: 'PauseStep', step: 2 }],
    ['info', { phase: 'Paused', reason: 'Operator', step: 2 }],
    ['warn', { phase: 'Paused', reason: 'Drift', step: 2 }],
    ['warn', { phase: 'Paused', reason: 'SignalError', step: 2 }],
    ['warn', { phase: 'Reverting', reason: 'SignalFailed', step: 2 }],
    ['warn', { phase: 'Reverted', reason: 'Aborted', step: 2 }],
    ['info', { phase: 'Superseded', reason: 'NewRollout', step: 2 }],
    ['info', { phase: 'Promoted', reason: 'BakePassed', step: 5 }],
  ];
  for (const [level, state] of levels)
    it(`takes ${state.phase} (${state.reason}) for ${level}`, () => {
      const [line] = json((log) => logDecision(log, OF, entryOf(makeRollout(25, { seq: 9, state })), before));
      expect(line!.level).to.equal(level);
    });

  it('leaves what only keeps evidence to those who debug', () => {
    const same = { ...before, seq: 8 };
    expect(json((log) => logDecision(log, OF, same, before))[0]!.level).to.equal('debug');
    expect(written((log) => logDecision(log, OF, same, before), { level: 'info' })).to.deep.equal([]);
  });

  it('tells the findings that mattered, and not those that passed', () => {
    const findings = [
      makeFinding(),
      makeFinding({ name: 'slow', verdict: 'Failed', value: '9%', message: '9% took over 500ms', query: 'secret?' }),
    ];
    const state = { phase: 'Reverted', reason: 'SignalFailed', step: 1 } as const;
    const [line] = json((log) => logDecision(log, OF, entryOf(makeRollout(0, { state }), findings), before));
    expect(line!.findings).to.deep.equal([
      {
        signal: 'slow',
        source: 'envoy',
        verdict: 'Failed',
        value: '9%',
        bound: '<= 0.5%',
        samples: 4_120,
        message: '9% took over 500ms',
      },
    ]);
  });

  it('lets no message forge a line or move a cursor', () => {
    const forged = entryOf(makeRollout(25, { message: 'a\n2026-11-21T09:00:00Z orders\u001b[2J 100%' }));
    const lines = text((log) => logDecision(log, OF, forged));
    expect(lines.join('').match(/\n/g)).to.have.length(1);
    expect(lines[0]).to.not.include('\u001b');
    expect(
      written((log) => logDecision(log, OF, forged))
        .join('')
        .match(/\n/g),
    ).to.have.length(1);
  });
});

describe('the log of a controller', () => {
  it('warns of trouble and tells of its end', () => {
    expect(
      text((log) => {
        logTrouble(log, {
          what: 'consul',
          message: 'Consul has no leader',
          code: 'no-leader',
          hint: 'consul operator raft list-peers',
        });
        logRecovery(log, 'consul', 61_000);
      }),
    ).to.deep.equal(['WARN Consul has no leader  -> consul operator raft list-peers\n', 'consul: well again after 1m1s\n']);
  });

  it('says who controls, and who came and went', () => {
    const [line] = json((log) => logMembership(log, ['a', 'c'], ['a', 'b']));
    expect(line).to.deep.include({ members: ['a', 'c'], joined: ['c'], left: ['b'], msg: '2 controllers, c joined, b left' });
    expect(text((log) => logMembership(log, ['a'], ['a']))).to.deep.equal(['1 controller\n']);
  });

  it('says of a refused plan where and what to write, as an error', () => {
    const refused = { file: 'plans/p.yaml', line: 3, column: 5, message: 'unknown key "wieght"', hint: 'did you mean "weight"?' };
    expect(text((log) => logPlanRefused(log, refused))).to.deep.equal([
      'ERROR plans/p.yaml:3:5: unknown key "wieght"; the last good plan stays in force  -> did you mean "weight"?\n',
    ]);
    expect(json((log) => logPlanRefused(log, { ...refused, service: 'payments' }))[0]).to.include({
      level: 'error',
      service: 'payments',
      line: 3,
    });
  });

  it('tells what became of a plan', () => {
    expect(
      text((log) => {
        logPlan(log, 'payments', 'applied', 'plans/p.yaml', 'abc');
        logPlan(log, 'payments', 'forgotten', 'plans/p.yaml');
      }),
    ).to.deep.equal([
      'payments  plan applied from plans/p.yaml\n',
      'payments  plan from plans/p.yaml is gone: forgotten, nothing is torn down\n',
    ]);
  });

  it('keeps addresses of webhooks and passwords to itself', () => {
    const lines = [
      ...written((log) => {
        logNotificationFailed(log, 'slack', 'slack of payments: POST https://hooks.slack.com/services/T0/B0/hush answered 500');
        logTrouble(log, { what: 'consul', message: 'Consul does not answer at http://ana:hush@10.0.0.1:8500' });
        logPlanRefused(log, { file: 'p', line: 1, column: 1, message: '"url" is "http://ana:hush@h/x"' });
      }),
    ];
    const failed = entryOf(makeRollout(25, { message: 'run failed: POST http://ana:hush@h/smoke' }));
    lines.push(...written((log) => logDecision(log, OF, failed)), ...text((log) => logDecision(log, OF, failed)));
    expect(lines).to.have.length(5);
    expect(lines.join('')).to.include('hooks.slack.com').and.to.not.include('hush');
  });

  for (const [address, left] of [
    ['https://hooks.example/a/b?c=d', 'https://hooks.example/…'],
    ['https://ana:pw@hooks.example:8443', 'https://hooks.example:8443/…'],
    ['(http://h/x)', '(http://h/…)'],
    ['no address', 'no address'],
  ] as const)
    it(`makes ${left} of ${address}`, () => expect(withoutAddresses(address)).to.equal(left));

  it('is silent below its level', () => {
    expect(written((log) => logMembership(log, ['a'], []), { level: 'warn' })).to.deep.equal([]);
  });
});
