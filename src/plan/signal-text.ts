import type { VendorQuery } from '../core/sources.js';
import type { Path } from './node.js';
import type { PlanText } from './schema.js';

/** A signal as the plan writes it. */
export type SignalText = PlanText['signals'][number];

/** Those that ask for one number by a query. */
export type NumberText = Extract<SignalText, { source: 'prometheus' | VendorQuery['source'] }>;

/** The texts of a signal in which placeholders are filled in, by where they stand; what is not written is left out. */
export function textsOf(signal: SignalText): readonly (readonly [keys: Path, text: string])[] {
  switch (signal.source) {
    case 'envoy':
    case 'consul':
      return [];
    case 'exec':
      return signal.command.map((word, i) => [['command', i], word] as const);
    case 'http':
      return [[['url'], signal.url]];
    case 'newrelic':
      return [[['nrql'], signal.nrql]];
    case 'cloudwatch': {
      const dimensions = Object.entries(signal.metrics).flatMap(([id, metric]) =>
        Object.entries(metric.dimensions).map(([key, value]) => [['metrics', id, 'dimensions', key], value] as const),
      );
      return [...queryOf(signal), ...dimensions];
    }
    default:
      return queryOf(signal);
  }
}

function queryOf({ query }: { query?: string | undefined }): readonly (readonly [keys: Path, text: string])[] {
  return query === undefined ? [] : [[['query'], query]];
}
