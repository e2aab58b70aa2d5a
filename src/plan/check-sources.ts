import type { VendorQuery } from '../core/sources.js';
import { checkBounds } from './check-bounds.js';
import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { SignalText } from './signal-text.js';

type VendorText = Extract<SignalText, { source: VendorQuery['source'] }>;

/** What the keys of a vendor's signal must mean together. */
export function checkVendor(signal: VendorText, path: Path): Problem[] {
  return [...checkBounds(signal, path), ...checkUrl(signal.url, path), ...checkOwn(signal, path)];
}

function checkOwn(signal: VendorText, path: Path): Problem[] {
  switch (signal.source) {
    case 'influxdb':
      if (signal.org === undefined || signal.database === undefined) return [];
      return [errorAt([...path, 'org'], 'key', '"org" is for Flux and "database" for InfluxQL', 'keep the one of your query')];
    case 'cloudwatch': {
      const metrics = Object.keys(signal.metrics).length;
      if (signal.query !== undefined || metrics === 1) return [];
      if (metrics === 0)
        return [errorAt(path, 'key', 'the signal has neither a query nor a metric', 'write query, metrics, or both')];
      return [
        errorAt([...path, 'metrics'], 'key', `${metrics} metrics and no query`, 'write the one number as a query, like m1 / m2'),
      ];
    }
    default:
      return [];
  }
}
