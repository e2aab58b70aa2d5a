import { DEFAULTS } from '../core/defaults.js';
import { parseDuration } from '../core/duration.js';
import type { Path } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import type { PlanText } from './schema.js';

type SignalText = Extract<PlanText['signals'][number], { source: 'prometheus' }>;

/** What the keys of a comparison of samples must mean together. */
export function checkComparison(signal: SignalText, path: Path): Problem[] {
  const { compare, margin, query } = signal;
  if (compare === undefined) {
    const lonely = (['margin', 'worse'] as const).filter((key) => signal[key] !== undefined);
    return lonely.map((key) => errorAt([...path, key], 'key', `"${key}" needs "compare"`, 'add compare: stable'));
  }
  const problems = (['max', 'min', 'consecutive'] as const)
    .filter((key) => signal[key] !== undefined)
    .map((key) => errorAt([...path, key], 'key', `a comparison has no "${key}": it is judged by a test`, 'keep one of them'));
  if (signal.failure_limit > 0)
    problems.push(
      errorAt([...path, 'failure_limit'], 'key', 'a comparison has no "failure_limit": it is judged by a test', 'remove it'),
    );
  if (margin === undefined)
    problems.push(
      errorAt([...path, 'compare'], 'key', '"compare" needs a "margin"', 'write how much worse canary may be, like margin: 0.05'),
    );
  if (query !== undefined && !/\{\{\s*subset\s*\}\}/.test(query)) {
    const hint = 'name the subset by {{subset}}, like up{version="{{subset}}"}: canary and stable are filled in';
    problems.push(errorAt([...path, 'query'], 'value', 'the query says the same of both subsets', hint));
  }
  return [...problems, ...warnOfOverlap(signal, path)];
}

/** Numbers that look back over the same time are no independent evidence: the test would revert more often than promised. */
function warnOfOverlap({ query, preset, window = DEFAULTS.window, interval }: SignalText, path: Path): Problem[] {
  const windows =
    preset === undefined ? [...(query ?? '').matchAll(/\[([0-9a-z]+)(?::[0-9a-z]*)?\]/g)].map(([, text]) => text!) : [window];
  const long = windows.find((text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) > (parseDuration(interval) ?? 0));
  if (long === undefined) return [];
  const message = `the number looks back ${long} and is asked every ${interval}: numbers that share requests are no independent evidence`;
  return [warningAt([...path, 'compare'], 'key', message, `write interval: ${long}, or look back less`)];
}
