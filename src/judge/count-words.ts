import type { EnvoySignal } from '../core/plan.js';
import { formatCount } from './text.js';

/** What bad requests of a signal did: `failed`, `took over 500ms`, `got no answer`, `got 401 or 429`. */
export function describeBad({ metric, over = 0, codes = [] }: EnvoySignal): string {
  switch (metric) {
    case 'latency':
      return `took over ${formatCount(over)}ms`;
    case 'unanswered':
      return 'got no answer';
    case 'codes':
      return `got ${[codes.slice(0, -1).join(', '), codes.at(-1)].filter(Boolean).join(' or ')}`;
    case 'errors':
      return 'failed';
  }
}
