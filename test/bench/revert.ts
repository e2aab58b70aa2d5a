import { type Load, type Outcome, startLoad } from '../mesh/load.js';
import { type Mesh, SERVICE, startMesh } from '../mesh/mesh.js';
import { failureSpan, failuresIn } from '../mesh/outcomes.js';
import { endSplitters, startSplitter } from '../mesh/program.js';
import { Shell, until } from '../support/shell.js';

/** The two situations that are measured: requests a second, canary's weight, the share of its answers that fail. */
const CASES = [
  { rps: 200, weight: 50, errors: 0.3 },
  { rps: 100, weight: 10, errors: 0.2 },
] as const;
const RUNS = Number(process.env.BENCH_RUNS ?? 20);

interface Run {
  readonly ms: number;
  readonly failed: number;
  readonly floorMs: number;
}

/** From the first failed answer to the last, on a real mesh; beside each run what a bare write of the splitter takes until its last old answer. */
export const bench = {
  name: 'revert',
  async run(report: (line: string) => void): Promise<unknown> {
    const mesh = await startMesh();
    try {
      const results = [];
      for (const one of CASES) {
        report(`${one.rps} requests a second, ${one.weight}%, ${one.errors * 100}% errors`);
        const runs: Run[] = [];
        for (let i = 0; i < RUNS; i++) {
          runs.push(await measure(mesh, one));
          report(
            `  run ${i + 1}/${RUNS}: ${runs.at(-1)!.ms} ms, ${runs.at(-1)!.failed} failed; a bare write takes ${runs.at(-1)!.floorMs} ms`,
          );
        }
        const summary = {
          ...one,
          runs,
          medianMs: quantile(
            runs.map(({ ms }) => ms),
            0.5,
          ),
          p95Ms: quantile(
            runs.map(({ ms }) => ms),
            0.95,
          ),
          medianFailed: quantile(
            runs.map(({ failed }) => failed),
            0.5,
          ),
          medianFloorMs: quantile(
            runs.map(({ floorMs }) => floorMs),
            0.5,
          ),
        };
        report(
          `  median ${summary.medianMs} ms, 95th percentile ${summary.p95Ms} ms, ${summary.medianFailed} failed; Consul and Envoy alone ${summary.medianFloorMs} ms`,
        );
        results.push(summary);
      }
      return { ...results[0], cases: results };
    } finally {
      endSplitters();
      await mesh.stop();
    }
  },
};

async function measure(mesh: Mesh, { rps, weight, errors }: (typeof CASES)[number]): Promise<Run> {
  const app = mesh.apps.get('3')!;
  const load = startLoad({ url: mesh.url, rps });
  const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to ${weight} --hold 120s`);
  await until('the target is reached', () => /TargetReached/.test(ramp.output()));
  await pause(1_000);
  Object.assign(app, { errors: 'random', errorRate: errors });
  await ramp.exit;
  await pause(600);
  const outcomes = [...load.results()];
  const span = failureSpan(outcomes)!;
  app.errorRate = 0;
  const floorMs = await bareWrite(mesh, load);
  await load.stop();
  await new Shell(mesh.address).run(`abort ${SERVICE}`);
  return { ms: span.last - span.first, failed: failuresIn(outcomes).length, floorMs };
}

/** Half to green by hand, then all to blue: from the write to the last answer of green. */
async function bareWrite(mesh: Mesh, load: Load): Promise<number> {
  const write = (blue: number): Promise<void> =>
    mesh.putConfig({
      Kind: 'service-splitter',
      Name: SERVICE,
      Splits: [
        { Weight: blue, ServiceSubset: 'blue' },
        { Weight: 100 - blue, ServiceSubset: 'green' },
      ],
    });
  await write(50);
  await pause(800);
  const began = Date.now();
  await write(100);
  await pause(800);
  const old = load.results().filter((outcome: Outcome) => outcome.version === '3' && outcome.at >= began);
  return Math.max(0, ...old.map(({ at }) => at - began));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
