import { DEFAULTS } from '../core/defaults.js';
import { parseDuration } from '../core/duration.js';
import { findPlaceholders } from '../core/placeholders.js';
import type { Path } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import { type NumberText, textsOf } from './signal-text.js';

/** What the keys of a comparison of samples must mean together. */
export function checkComparison(signal: NumberText, path: Path): Problem[] {
  const problems = (['max', 'min', 'consecutive'] as const)
    .filter((key) => signal[key] !== undefined)
    .map((key) => errorAt([...path, key], 'key', `a comparison has no "${key}": it is judged by a test`, 'keep one of them'));
  if (signal.failure_limit > 0)
    problems.push(
      errorAt([...path, 'failure_limit'], 'key', 'a comparison has no "failure_limit": it is judged by a test', 'remove it'),
    );
  if (signal.margin === undefined)
    problems.push(
      errorAt([...path, 'compare'], 'key', '"compare" needs a "margin"', 'write how much worse canary may be, like margin: 0.05'),
    );
  return [...problems, ...checkBothAsked(signal, path), ...warnOfOverlap(signal, path)];
}

/** A preset asks about either subset by itself. */
function checkBothAsked(signal: NumberText, path: Path): Problem[] {
  const texts = textsOf(signal);
  const asksBoth = texts.some(([, text]) => findPlaceholders(text).some(({ word }) => word.startsWith('subset')));
  if (asksBoth || (signal.source === 'prometheus' && signal.preset !== undefined)) return [];
  const [keys] = texts[0] ?? [['metrics']];
  const hint = 'name the subset by {{subset}}, like up{version="{{subset}}"}: canary and stable are filled in';
  return [errorAt([...path, ...keys], 'value', 'the query says the same of both subsets', hint)];
}

/** Numbers that look back over the same time are no independent evidence: the test would revert more often than promised. */
function warnOfOverlap(signal: NumberText, path: Path): Problem[] {
  const { interval } = signal;
  const long = windowsOf(signal).find(
    (text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) > (parseDuration(interval) ?? 0),
  );
  if (long === undefined) return [];
  const message = `the number looks back ${long} and is asked every ${interval}: numbers that share requests are no independent evidence`;
  return [warningAt([...path, 'compare'], 'key', message, `write interval: ${long}, or look back less`)];
}

/** How far back the number looks, as far as its query says. */
function windowsOf(signal: NumberText): readonly string[] {
  switch (signal.source) {
    case 'prometheus': {
      const { query = '', preset, window = DEFAULTS.presetWindow } = signal;
      return preset === undefined ? matches(query, /\[([0-9a-z]+)(?::[0-9a-z]*)?\]/g) : [window];
    }
    case 'influxdb':
      return matches(signal.query, signal.database === undefined ? /\bstart:\s*-(\w+)/g : /\bnow\(\)\s*-\s*(\w+)/gi);
    case 'newrelic':
      // NRQL that does not say looks back an hour.
      if (!/\bSINCE\b/i.test(signal.nrql)) return ['1h'];
      return matches(signal.nrql, /\bSINCE\s+(\d+\s+[a-z])[a-z]*\s+AGO\b/gi).map((text) => text.replace(/\s+/, '').toLowerCase());
    case 'cloudwatch':
      return [signal.period];
    default:
      return [];
  }
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(({ 1: found }) => found ?? []);
}
