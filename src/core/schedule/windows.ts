import type { Window } from '../plan.js';
import { firstShown, localTime } from './zone.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** A weekday comes again after seven days; one more for a window that a gap has swallowed, and two back for those past midnight. */
const DAYS: readonly number[] = Array.from({ length: 18 }, (_, i) => i - 2);

/** One opening of a window, `from` included and `to` not. */
export interface Opening {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
}

/**
 * The openings of the windows around an instant: from two days before it to two weeks after. Each is one stretch, from the first time that the clock shows
 * `from` to the first time that it shows `to`: an hour that comes twice closes nothing twice, and a window that lies in a gap does not open.
 */
export function openingsAround(windows: readonly Window[], now: number): readonly Opening[] {
  return windows.flatMap(({ days, from, to, timezone }) => {
    const today = Math.floor(localTime(timezone, now) / DAY) * DAY;
    return DAYS.flatMap((offset): readonly Opening[] => {
      const day = today + offset * DAY;
      if (!days.includes(new Date(day).getUTCDay())) return [];
      const end = day + to * MINUTE + (to <= from ? DAY : 0);
      const opening = { from: firstShown(timezone, day + from * MINUTE), to: firstShown(timezone, end), timezone };
      return opening.to > opening.from ? [opening] : [];
    });
  });
}
