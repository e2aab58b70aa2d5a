import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Processor seconds that a process has used so far. */
export function cpuSecondsOf(pid: number): number {
  // Fields 14 and 15 of stat, counted behind the name in brackets, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory of a process now and at its peak, MB. */
export function memoryOf(pid: number): { readonly rssMb: number; readonly peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (field: string): number => Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1_024);
  return { rssMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}

/** How a stretch of time went: seconds, processor seconds of the given processes, and cores that everybody else on the machine used. */
export interface Stretch {
  readonly seconds: number;
  readonly own: readonly number[];
  readonly othersCores: number;
}

/** Begins a stretch; the function that is given ends it. This process counts as one's own too. */
export function beginStretch(pids: readonly number[]): () => Stretch {
  const read = (): { readonly at: number; readonly busy: number; readonly own: readonly number[] } => ({
    at: performance.now(),
    busy: busySeconds(),
    own: [process.pid, ...pids].map(cpuSecondsOf),
  });
  const before = read();
  return () => {
    const after = read();
    const seconds = (after.at - before.at) / 1_000;
    const own = after.own.map((total, i) => total - before.own[i]!);
    const others = after.busy - before.busy - own.reduce((sum, one) => sum + one, 0);
    return { seconds, own: own.slice(1), othersCores: Math.max(0, others / seconds) };
  };
}

/** Processor seconds of the whole machine that were not idle. */
function busySeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/\s+/)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS;
}

/** A number as people read it: two digits behind the point. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
