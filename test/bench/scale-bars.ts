import type { Held } from './scale-held.js';
import type { Ramps } from './scale-ramps.js';
import type { Watched } from './scale-signals.js';

/** One promise of the bench: at least or at most its limit, and what was measured. */
export interface Bar {
  readonly name: string;
  readonly limit: string;
  readonly measured: string;
  readonly holds: boolean;
}

const SHARE = 0.8;
const RSS_MB = 400;
const CORES = 0.25;
const LAG_MS = 1_000;
/** Requests a second of many held rollouts beside a tenth of them: lists are re-read more seldom than the number of requests grows. */
const GROWTH = 1.5;

/** The promises about many rollouts, held against what was measured. */
export function judgeScale(ramps: Ramps, held: readonly Held[], watched: Watched): readonly Bar[] {
  const share = ramps.stepsPerSecond / ramps.bareCasPutsPerSecond;
  const largest = held.at(-1)!;
  const before = held.at(-2) ?? largest;
  const growth = largest.consulRequestsPerSecond / before.consulRequestsPerSecond;
  const of = `${largest.rollouts} held rollouts`;
  return [
    bar('steps a second, by bare compare-and-set PUTs', `at least ${SHARE}`, share.toFixed(2), share >= SHARE),
    bar(`resident memory, ${of}`, `under ${RSS_MB} MB`, `${largest.rssMb} MB`, largest.rssMb < RSS_MB),
    bar(`processor, ${of}`, `under ${CORES} cores`, `${largest.cores}`, largest.cores < CORES),
    bar(
      `requests a second, ${of} beside ${before.rollouts}`,
      `at most ${GROWTH} times`,
      `${growth.toFixed(2)} times`,
      growth <= GROWTH,
    ),
    bar(
      `99 of 100 decisions of ${watched.rollouts} rollouts with signals`,
      `within ${LAG_MS} ms`,
      `${watched.lagP99Ms} ms`,
      watched.lagP99Ms <= LAG_MS,
    ),
  ];
}

function bar(name: string, limit: string, measured: string, holds: boolean): Bar {
  return { name, limit, measured, holds };
}
