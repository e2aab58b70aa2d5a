import { measureHeld } from './scale-held.js';
import { measureRamps } from './scale-ramps.js';
import { measureSignals } from './scale-signals.js';

export const bench = {
  name: 'scale',
  async run(report: (line: string) => void): Promise<unknown> {
    const only = process.env.BENCH_ONLY ?? 'ramps,held,signals';
    if (only.includes('ramps')) console.error(await measureRamps(report));
    if (only.includes('signals')) console.error(await measureSignals(report));
    if (only.includes('held')) console.error(await measureHeld(report));
    return undefined;
  },
};
