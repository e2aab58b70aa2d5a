import { Lines } from './lines.js';
import { errorAt, type Problem } from './problem.js';

const LONGEST = 1_000_000;
const DEEPEST = 60;
const RUN_OF_DASHES = new RegExp(`^(?:[ \\t]*[-?:][ \\t]){${DEEPEST}}`, 'm');

/** Refuses, before any parser sees it, a text that could exhaust one: over a million characters, or nested over 60 deep. */
export function checkBounds(text: string): Problem | undefined {
  if (text.length > LONGEST)
    return tooMuch(text, LONGEST, 'this file is too long for a plan', 'split it into one file for each service');
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/[[\](){}]/g)) {
    depth = '[({'.includes(sign) ? depth + 1 : Math.max(0, depth - 1);
    if (depth > DEEPEST) return tooMuch(text, index, 'this is nested too deep for a plan');
  }
  const dashes = RUN_OF_DASHES.exec(text);
  return dashes === null ? undefined : tooMuch(text, dashes.index, 'this is nested too deep for a plan');
}

function tooMuch(text: string, offset: number, message: string, hint?: string): Problem {
  return errorAt([], new Lines(text).spanAt(offset, offset + 1), message, hint);
}
