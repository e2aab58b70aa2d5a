import type { EnvoySignal } from '../../src/core/plan.js';
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

/** Judges 1,000 services with three count signals each, ten times a second for three seconds; every look has new requests on both sides. */
export function measureCost(): Cost {
  const [services, looksPerSecond, seconds] = [1_000, 10, 3];
  const random = seeded(99);
  const tallies = new Map<string, SignalTally>();
  const turn = () => {
    for (let service = 0; service < services; service++) {
      for (const signal of SIGNALS) {
        const key = `${service}/${signal.name}`;
        const canary = { bad: random() < 0.002 ? 1 : 0, total: 1 + Math.floor(random() * 3) };
        const stable = { bad: random() < 0.01 ? 1 : 0, total: 9 };
        const reading = {
          signal: signal.name,
          at: 0,
          query: '',
          raw: '',
          measurement: { kind: 'counts' as const, canary, stable },
        };
        tallies.set(key, judge(signal, tallies.get(key), reading, { alpha: 0.01 / 3, at: 0 }).tally);
      }
    }
  };
  for (let look = 0; look < 5; look++) turn();
  const before = process.cpuUsage();
  for (let look = 0; look < looksPerSecond * seconds; look++) turn();
  const { user, system } = process.cpuUsage(before);
  return { services, signals: SIGNALS.length, looksPerSecond, coreShare: (user + system) / 1e6 / seconds };
}
