import type { Named } from '../core/placeholders.js';
import type { Env } from '../net/secret.js';

/** What a vendor's API is asked with: the roles to fill into the query, addresses and secrets, the time in ms, and when to give up. */
export interface Asking {
  readonly target: Named;
  readonly env: Env;
  readonly now: number;
  readonly abort: AbortSignal;
}

/** The signal of one source. */
export type Of<S, Source extends string> = Extract<S, { readonly source: Source }>;
