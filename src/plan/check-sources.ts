import { PLACEHOLDERS, unknownPlaceholders } from '../core/placeholders.js';
import type { VendorQuery } from '../core/sources.js';
import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';
import { suggest } from './suggest.js';

type SignalText = PlanText['signals'][number];
type VendorText = Extract<SignalText, { source: VendorQuery['source'] }>;

/** What the keys of a vendor's signal must mean together. */
export function checkVendor(signal: VendorText, path: Path): Problem[] {
  return [...checkRange(signal, path), ...checkUrl(signal.url, path), ...checkOwn(signal, path)];
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

/** A number has a bound, and one that some number keeps. */
export function checkRange({ max, min }: { max?: number | undefined; min?: number | undefined }, path: Path): Problem[] {
  if (max === undefined && min === undefined) return [errorAt(path, 'key', 'the signal has no bound', 'write max, min, or both')];
  if (max === undefined || min === undefined || min <= max) return [];
  return [errorAt([...path, 'min'], 'value', `min ${min} is greater than max ${max}`, 'no number could pass')];
}

/** Only known words stand between double braces in what a source is asked. */
export function checkPlaceholders(signal: SignalText, path: Path): Problem[] {
  return textsOf(signal).flatMap(([keys, text]) =>
    unknownPlaceholders(text ?? '').map(({ word, offset }) => {
      const near = suggest(word, PLACEHOLDERS);
      const hint =
        near === undefined ? `known are ${PLACEHOLDERS.map((one) => `{{${one}}}`).join(', ')}` : `did you mean "${near}"?`;
      return errorAt([...path, ...keys], { offset }, `{{${word}}} means nothing in a query`, hint);
    }),
  );
}

function textsOf(signal: SignalText): readonly (readonly [keys: Path, text: string | undefined])[] {
  switch (signal.source) {
    case 'envoy':
    case 'consul':
      return [];
    case 'http':
      return [[['url'], signal.url]];
    case 'newrelic':
      return [[['nrql'], signal.nrql]];
    case 'cloudwatch': {
      const dimensions = Object.entries(signal.metrics).flatMap(([id, metric]) =>
        Object.entries(metric.dimensions).map(([key, value]) => [['metrics', id, 'dimensions', key], value] as const),
      );
      return [[['query'], signal.query], ...dimensions];
    }
    default:
      return [[['query'], signal.query]];
  }
}
