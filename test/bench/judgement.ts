import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { measureAnalyse } from './judgement-analyse.js';
import { judgeBars } from './judgement-bars.js';
import { measureCost } from './judgement-cost.js';
import type { Cell, Task } from './judgement-simulate.js';
import { listTasks } from './judgement-tasks.js';

/** Simulated rollouts: splitter's real judge beside window gates as its peers document theirs. `BENCH_RUNS` sets the runs of each cell. */
export const bench = {
  name: 'judgement',
  async run(report: (line: string) => void): Promise<unknown> {
    const runs = Math.max(1, Number(process.env.BENCH_RUNS ?? 2_000));
    const cost = measureCost();
    const analyse = measureAnalyse(runs);
    const cells = await simulateAll(listTasks(runs));
    for (const line of formatTable(cells)) report(line);
    report(
      `an analyse of ${analyse.requests} requests passes a canary with 0.1% errors in ${percent(analyse.passed)} of ${runs} runs`,
    );
    report(
      `${cost.services} services with ${cost.signals} signals, ${cost.looksPerSecond} looks a second: ${percent(cost.coreShare)} of a core`,
    );
    const bars = judgeBars(cells);
    for (const { name, limit, worst, where, holds } of bars)
      report(`${holds ? 'holds' : 'BROKEN'}: ${name}: at most ${limit}, worst ${Math.round(worst * 10_000) / 10_000} (${where})`);
    return { runs, bound: 0.005, alpha: 0.01, cells, bars, analyse, cost };
  },
};

/** Hands the tasks to as many workers as there are processors, and gives the cells back in the order of the tasks. */
async function simulateAll(tasks: readonly Task[]): Promise<readonly Cell[]> {
  const results = new Array<readonly Cell[]>(tasks.length);
  let next = 0;
  const work = async () => {
    const worker = new Worker(new URL('./judgement-worker.js', import.meta.url));
    try {
      for (let i = next++; i < tasks.length; i = next++) results[i] = await ask(worker, tasks[i]!);
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results.flat();
}

function ask(worker: Worker, task: Task): Promise<readonly Cell[]> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', onMessage);
      worker.off('error', onError);
    };
    const onMessage = (cells: readonly Cell[]) => {
      settle();
      resolve(cells);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(task);
  });
}

function formatTable(cells: readonly Cell[]): readonly string[] {
  const head = [
    'gate',
    'rps',
    'errors',
    'stable',
    'onset',
    'watched',
    'looks/s',
    'false reverts',
    'caught',
    'failed p50',
    'p95',
    'seconds p50',
  ];
  const rows = cells.map((cell) => [
    cell.gate,
    String(cell.rps),
    percent(cell.errors),
    cell.stableErrors === null ? '-' : percent(cell.stableErrors),
    `${cell.onset}s`,
    `${cell.seconds}s`,
    String(cell.looks),
    cell.falseReverts === null ? '-' : percent(cell.falseReverts),
    cell.caught === null ? '-' : percent(cell.caught),
    String(cell.failedMedian ?? '-'),
    String(cell.failedP95 ?? '-'),
    cell.secondsMedian === null ? '-' : cell.secondsMedian.toFixed(1),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows].map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  '),
  );
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
