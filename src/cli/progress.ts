import { formatCount } from '../judge/text.js';
import type { Io } from './io.js';

/** Between two lines, ms; work that is done sooner says nothing. */
const EVERY = 1_000;

/** Tells on stderr how far a long piece of work has come, a line a second: `1,200 of 4,000 rollouts simulated`. */
export function createProgress(io: Io, noun: string, now: () => number = Date.now): (done: number, of: number) => void {
  let told = now();
  return (done, of) => {
    const at = now();
    if (at - told < EVERY || done >= of) return;
    told = at;
    io.err(`${formatCount(done)} of ${formatCount(of)} ${noun}\n`);
  };
}
