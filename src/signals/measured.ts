import type { Measurement } from '../core/verdict.js';

/** A measurement with its explanation, before it has a time and a name. */
export interface Measured {
  readonly query: string;
  readonly raw: string;
  readonly measurement: Measurement;
}
