import { parseDuration } from './duration.js';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** How a moment is written, for help and errors. */
export const MOMENT_FORMS = '2026-11-21T09:00:00Z, unix seconds like 1795251600, or -2h (two hours ago)';

/** A moment in ms since 1970, of RFC 3339, unix seconds, `now`, or a duration ago (`-2h`); undefined when the text is none of these. */
export function parseMoment(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  if (/^\d{1,11}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1_000);
  if (text.startsWith('-')) {
    const ago = parseDuration(text.slice(1));
    return ago === undefined ? undefined : now - ago;
  }
  const at = RFC_3339.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
