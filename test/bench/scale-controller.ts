import { startSplitter } from '../mesh/program.js';
import { until } from '../mesh/until.js';
import { cpuSecondsOf, memoryOf } from './scale-machine.js';

/** A `splitter run` under way, as its operating system and its own metrics see it. */
export interface Watched {
  readonly pid: number;
  /** How many rollouts it says it owns. */
  owned(): Promise<number>;
  /** What it has used and asked for so far. */
  use(): Promise<Use>;
  stop(): Promise<void>;
}

/** Totals since the start: processor seconds, requests to Consul; memory as it is now and at its peak, MB. */
export interface Use {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly requests: number;
  readonly rssMb: number;
  readonly peakMb: number;
  /** Requests by method and kind. */
  readonly byKind: Readonly<Record<string, number>>;
  /** Decisions (turns) by the upper edge of how late they began, s; cumulated. */
  readonly lags: ReadonlyMap<number, number>;
}

const START_MS = 30_000;

/** Starts a controller against a Consul; resolves when it listens. `env`: what its signals need. */
export async function watchController(address: string, env: Readonly<Record<string, string>> = {}): Promise<Watched> {
  const child = startSplitter(address, 'run --id bench --listen 127.0.0.1:0 --log-format json', env, profiling());
  const metrics = await until('the controller listens', START_MS, async () => {
    return /"address":"(http:\/\/127\.0\.0\.1:\d+)"/.exec(child.output())?.[1];
  });
  const page = async (): Promise<string> => (await fetch(`${metrics}/metrics`)).text();
  return {
    pid: child.pid,
    owned: async () => sum(await page(), 'splitter_controller_owned_rollouts'),
    use: async () => {
      const text = await page();
      return {
        at: performance.now(),
        cpuSeconds: cpuSecondsOf(child.pid),
        ...memoryOf(child.pid),
        requests: sum(text, 'splitter_consul_request_seconds_count'),
        byKind: sumBy(text),
        lags: new Map(
          [...text.matchAll(/^splitter_decision_lag_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)].map(([, edge, count]) => [
            edge === '+Inf' ? Number.POSITIVE_INFINITY : Number(edge),
            Number(count),
          ]),
        ),
      };
    },
    stop: async () => {
      child.kill('SIGTERM');
      await child.exit;
    },
  };
}

/** `BENCH_PROFILE=DIR` leaves a profile of each controller there. */
function profiling(): readonly string[] {
  const folder = process.env.BENCH_PROFILE;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

function sum(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function sumBy(text: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [, method, kind, count] of text.matchAll(
    /^splitter_consul_request_seconds_count\{method="(\w+)",kind="([\w-]+)".*\} (\d+)/gm,
  ))
    sums[`${method} ${kind}`] = (sums[`${method} ${kind}`] ?? 0) + Number(count);
  return sums;
}
