import type { EnvoySignal } from '../../src/core/plan.js';
import type { Reading } from '../../src/core/verdict.js';
import { judge } from '../../src/judge/judge.js';
import type { SignalTally } from '../../src/judge/tally.js';
import { seeded } from '../judge/random.js';

/** What judging costs: processor time of one second's work, as a share of one core. */
export interface Cost {
  readonly services: number;
  readonly signals: number;
  readonly looksPerSecond: number;
  readonly coreShare: number;
}

const SIGNALS: readonly EnvoySignal[] = [
  { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 },
  { name: 'slow', source: 'envoy', metric: 'latency', over: 500, max: 0.05 },
  { name: 'worse', source: 'envoy', metric: 'errors', margin: 0.002 },
];

const [SERVICES, LOOKS, SECONDS] = [1_000, 10, 3];

/** Judges 1,000 services with three count signals each, ten times a second for three seconds, and takes the middle of three such times; every look has new requests on both sides. */
export function measureCost(): Cost {
  const tallies: SignalTally[] = [];
  const busy = () => {
    turn((index, signal, reading) => {
      tallies[index] = judge(signal, tallies[index], reading, { alpha: 0.01 / 3, at: 0 }).tally;
    });
  };
  const idle = () => turn(() => undefined);
  time(busy, LOOKS * SECONDS);
  const spent = middle([0, 1, 2].map(() => time(busy, LOOKS * SECONDS) - time(idle, LOOKS * SECONDS)));
  return { services: SERVICES, signals: SIGNALS.length, looksPerSecond: LOOKS, coreShare: spent / SECONDS };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const random = seeded(99);

function turn(use: (index: number, signal: EnvoySignal, reading: Reading) => void): void {
  for (let index = 0; index < SERVICES * SIGNALS.length; index++) {
    const canary = { bad: random() < 0.002 ? 1 : 0, total: 1 + Math.floor(random() * 3) };
    const stable = { bad: random() < 0.01 ? 1 : 0, total: 9 };
    const signal = SIGNALS[index % SIGNALS.length]!;
    use(index, signal, { signal: signal.name, at: 0, query: '', raw: '', measurement: { kind: 'counts', canary, stable } });
  }
}

/** Processor seconds that so many turns take. */
function time(one: () => void, turns: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < turns; i++) one();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
