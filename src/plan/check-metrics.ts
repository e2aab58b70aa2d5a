import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

/** A certificate that is shown to the metrics pages needs its key. */
export function checkMetrics({ metrics }: PlanText): Problem[] {
  const { cert_file, key_file } = metrics?.tls ?? {};
  if ((cert_file === undefined) === (key_file === undefined)) return [];
  const [given, missing] = cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
  return [errorAt(['metrics', 'tls', given], 'key', '"cert_file" and "key_file" go together', `add ${missing}: /path/to/file`)];
}
