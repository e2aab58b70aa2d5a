import type { Target } from '../ports.js';
import type { Measured } from './measured.js';

/** Counts the instances of canary that Consul sends requests to; throws when Consul cannot answer. */
type CountReady = (target: Target, abort: AbortSignal) => Promise<number>;

/** The number of ready canary instances; a failure to count is an `error`. */
export async function measureConsulHealth(target: Target, countReady: CountReady, abort: AbortSignal): Promise<Measured> {
  const query = `ready instances of ${target.service}, subset ${target.canary}`;
  try {
    const value = await countReady(target, abort);
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
