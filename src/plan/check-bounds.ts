import { checkComparison } from './check-comparison.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { NumberText } from './signal-text.js';

/** What a number is held to: `max` and `min`, or stable's. */
export function checkBounds(signal: NumberText, path: Path): Problem[] {
  if (signal.compare !== undefined) return checkComparison(signal, path);
  const lonely = (['margin', 'worse'] as const).filter((key) => signal[key] !== undefined);
  return [
    ...checkRange(signal, path, 'write max, min, or both, or compare: stable with a margin'),
    ...lonely.map((key) => errorAt([...path, key], 'key', `"${key}" needs "compare"`, 'add compare: stable')),
  ];
}

/** A number has a bound, and one that some number keeps. */
export function checkRange(
  { max, min }: { max?: number | undefined; min?: number | undefined },
  path: Path,
  hint = 'write max, min, or both',
): Problem[] {
  if (max === undefined && min === undefined) return [errorAt(path, 'key', 'the signal has no bound', hint)];
  if (max === undefined || min === undefined || min <= max) return [];
  return [errorAt([...path, 'min'], 'value', `min ${min} is greater than max ${max}`, 'no number could pass')];
}
