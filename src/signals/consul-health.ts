import type { Target } from '../ports.js';
import type { Measured } from './measured.js';

/** Counts the passing instances of canary in Consul's catalog; throws when Consul cannot answer. */
type CountPassing = (target: Target, abort: AbortSignal) => Promise<number>;

/** The number of passing canary instances; a failure to count is an `error`. */
export async function measureConsulHealth(target: Target, countPassing: CountPassing, abort: AbortSignal): Promise<Measured> {
  const query = `passing instances of ${target.service}, subset ${target.canary}`;
  try {
    const value = await countPassing(target, abort);
    return { query, raw: String(value), measurement: { kind: 'scalar', value } };
  } catch (error) {
    if (abort.aborted) return { query, raw: '', measurement: { kind: 'none', why: 'given up' } };
    return {
      query,
      raw: '',
      measurement: { kind: 'error', why: `the instances cannot be counted: ${(error as Error).message}` },
    };
  }
}
