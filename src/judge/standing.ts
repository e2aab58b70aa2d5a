import type { Limits } from './limits.js';
import { plural } from './text.js';
import type { Trouble } from './trouble.js';

type Patience = Pick<Limits, 'errorLimit' | 'inconclusiveLimit'>;

/**
 * What becomes of the verdict when no number comes: it still `stands`; it is `missing`, and no sample counts; measuring is `failing`, which is no pass
 * but may be over soon; or it is an `error`.
 */
type Standing = 'stands' | 'missing' | 'failing' | 'error';

/** How the readings since the last number leave the verdict. Errors count towards `inconclusiveLimit` as well, or a source could alternate for ever. */
export function standingOf({ errorLimit, inconclusiveLimit }: Patience, trouble: Trouble | null): Standing {
  if (trouble === null) return 'stands';
  if (trouble.kind === 'error') return trouble.streak > errorLimit ? 'error' : 'failing';
  return trouble.gap <= inconclusiveLimit ? 'stands' : 'missing';
}

/** The trouble as a sentence, with how many more of its kind may follow. */
export function describeTrouble({ errorLimit, inconclusiveLimit }: Patience, { kind, why, streak, gap }: Trouble): string {
  if (kind === 'error') return `could not be measured, ${plural(streak, 'time')} in a row (${errorLimit} may be): ${why}`;
  return inconclusiveLimit === 0
    ? `no data: ${why}`
    : `no data, ${plural(gap, 'time')} in a row (${inconclusiveLimit} may be): ${why}`;
}
