import type { EnvoySignal } from '../../src/core/plan.js';
import { judge } from '../../src/judge/judge.js';
import type { SignalTally } from '../../src/judge/tally.js';
import { poisson, seeded } from '../judge/random.js';

const SIGNAL: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };

/** How often a healthy canary (0.1 %) passes an `analyse` at the look that completes 2,000 requests, ten looks a second, ten requests each. */
export function measureAnalyse(runs: number): { readonly requests: number; readonly errors: number; readonly passed: number } {
  const [requests, errors] = [2_000, 0.001];
  const random = seeded(77);
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    let tally: SignalTally | undefined;
    for (let sent = 0; sent < requests; ) {
      const bad = poisson(random, 10 * errors);
      const total = bad + poisson(random, 10 * (1 - errors));
      sent += total;
      const measurement = { kind: 'counts' as const, canary: { bad, total }, stable: { bad: 0, total: 0 } };
      const { tally: next, finding } = judge(
        SIGNAL,
        tally,
        { signal: 'errors', at: 0, query: '', raw: '', measurement },
        { alpha: 0.01, at: 0 },
      );
      tally = next;
      if (sent >= requests && finding.verdict === 'Successful') passed++;
    }
  }
  return { requests, errors, passed: passed / runs };
}
