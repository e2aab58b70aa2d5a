import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { judgeScale } from './scale-bars.js';
import { drawGrowth } from './scale-chart.js';
import { measureHeld } from './scale-held.js';
import { measureRamps } from './scale-ramps.js';
import { measureSignals } from './scale-signals.js';

/**
 * Many rollouts on real Consul agents: ramps beside a bare loop of PUTs, held ones, and ones with signals. Smaller by `BENCH_RAMPS`, `BENCH_HELD`
 * (sizes with commas) and `BENCH_SIGNALS`; `BENCH_CHART=FILE` draws the growth.
 */
export const bench = {
  name: 'scale',
  async run(report: (line: string) => void): Promise<unknown> {
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'processor'}, Node ${process.versions.node}`;
    report(machine);
    const ramps = await measureRamps(report);
    const sizes = await measureHeld(report);
    const watched = await measureSignals(report);
    const bars = judgeScale(ramps, sizes, watched);
    for (const { name, limit, measured, holds } of bars)
      report(`${holds ? 'holds' : 'BROKEN'}: ${name}: ${limit}, measured ${measured}`);
    if (process.env.BENCH_CHART) writeFileSync(process.env.BENCH_CHART, drawGrowth(sizes));
    const { stepsPerSecond, bareCasPutsPerSecond } = ramps;
    const held = sizes.at(-1);
    return { stepsPerSecond, bareCasPutsPerSecond, held, lagP99Ms: watched.lagP99Ms, machine, ramps, sizes, watched, bars };
  },
};
