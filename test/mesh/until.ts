import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastWords } from './child.js';

const STEP_MS = 50;

/** Asks every 50 ms until `ask` answers something other than false or undefined (a throw counts as "not yet"); rejects after `ms`. */
export async function until<T>(what: string, ms: number, ask: () => Promise<T | false | undefined>, child?: Child): Promise<T> {
  const deadline = Date.now() + ms;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (child !== undefined && !child.running()) throw new Error(`${what}: the program has ended\n${lastWords(child)}`);
    await sleep(STEP_MS);
  }
  const why = last === undefined ? '' : `: ${String(last)}`;
  throw new Error(`${what}: not within ${ms / 1000} s${why}${child === undefined ? '' : `\n${lastWords(child)}`}`);
}
