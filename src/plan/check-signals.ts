import { formatDuration, parseDuration } from '../core/duration.js';
import { edgesAround } from '../core/envoy-buckets.js';
import { checkComparison } from './check-comparison.js';
import type { Path } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import type { PlanText } from './schema.js';

type SignalText = PlanText['signals'][number];
type Of<S extends SignalText['source']> = Extract<SignalText, { source: S }>;

/** What the keys of each signal must mean together, and that no two signals share a name. */
export function checkSignals(plan: PlanText): Problem[] {
  const names = plan.signals.map((signal) => signal.name);
  return plan.signals.flatMap((signal, i) => {
    const path: Path = ['signals', i];
    const twice = names.indexOf(signal.name) < i;
    return [
      ...(twice ? [errorAt([...path, 'name'], 'value', `two signals have the name "${signal.name}"`, 'rename one')] : []),
      ...checkSignal(signal, path),
    ];
  });
}

function checkSignal(signal: SignalText, path: Path): Problem[] {
  switch (signal.source) {
    case 'envoy':
      return [...checkLatency(signal, path), ...checkBound(signal, path)];
    case 'prometheus':
      return [...checkPrometheus(signal, path), ...checkComparison(signal, path), ...checkUrl(signal.url, path)];
    case 'http':
      return checkUrl(signal.url, path);
    case 'consul':
      return [];
  }
}

function checkLatency({ metric, over }: Of<'envoy'>, path: Path): Problem[] {
  if (metric === 'latency' && over === undefined) {
    return [
      errorAt(path, 'key', 'a latency signal has no "over"', 'write the time above which an answer is slow, like over: 500ms'),
    ];
  }
  if (metric === 'errors' && over !== undefined)
    return [errorAt([...path, 'over'], 'key', '"over" belongs to latency, not to errors', 'remove it')];
  return over === undefined ? [] : warnOfEdges(over, path);
}

/** Envoy counts latencies up to the edges of its buckets only, so a bound between two of them is taken for the lower one. */
function warnOfEdges(over: string, path: Path): Problem[] {
  const around = edgesAround(parseDuration(over) ?? 0);
  if (around === undefined) return [];
  const below = formatEdge(around.below);
  const above = around.above === undefined ? undefined : formatEdge(around.above);
  const place = above === undefined ? `beyond ${below}, the last edge` : `between ${below} and ${above}, two edges`;
  const message = `${over} lies ${place} of Envoy's histogram: answers over ${below} count as slow`;
  return [warningAt([...path, 'over'], 'value', message, `write ${below}${above === undefined ? '' : ` or ${above}`}`)];
}

/** An edge as a plan writes it. */
function formatEdge(ms: number): string {
  return ms % 1_000 === 0 ? formatDuration(ms) : `${ms}ms`;
}

function checkBound({ max, compare, margin }: Of<'envoy'>, path: Path): Problem[] {
  const comparing = compare !== undefined || margin !== undefined;
  if (max !== undefined && comparing) {
    return [
      errorAt([...path, 'max'], 'key', 'a signal has either "max" or "compare" with "margin", not both', 'keep one of them'),
    ];
  }
  if (max === undefined && !comparing) {
    return [errorAt(path, 'key', 'the signal has no bound', 'write max: 0.5%, or compare: stable with margin: 0.2%')];
  }
  if (!comparing) return [];
  if (margin === undefined)
    return [
      errorAt([...path, 'compare'], 'key', '"compare" needs a "margin"', 'write how much worse canary may be, like margin: 0.2%'),
    ];
  return compare === undefined ? [errorAt([...path, 'margin'], 'key', '"margin" needs "compare"', 'add compare: stable')] : [];
}

function checkPrometheus({ query, preset, window, reduce, compare, max, min }: Of<'prometheus'>, path: Path): Problem[] {
  const problems: Problem[] = [];
  if (query === undefined && preset === undefined)
    problems.push(errorAt(path, 'key', 'the signal has neither a query nor a preset', 'write one of them'));
  if (query !== undefined && preset !== undefined) {
    problems.push(errorAt([...path, 'preset'], 'key', 'a signal has a query or a preset, not both', 'keep one of them'));
  }
  if (window !== undefined && preset === undefined) {
    problems.push(errorAt([...path, 'window'], 'key', '"window" belongs to a preset', 'write the window into the query itself'));
  }
  if (reduce !== undefined && preset !== undefined)
    problems.push(errorAt([...path, 'reduce'], 'key', '"reduce" belongs to a query; a preset gives one number', 'remove it'));
  if (compare === undefined && max === undefined && min === undefined)
    problems.push(errorAt(path, 'key', 'the signal has no bound', 'write max, min, or both, or compare: stable with a margin'));
  if (max !== undefined && min !== undefined && min > max) {
    problems.push(errorAt([...path, 'min'], 'value', `min ${min} is greater than max ${max}`, 'no number could pass'));
  }
  return problems;
}

function checkUrl(text: string | undefined, path: Path): Problem[] {
  if (text === undefined) return [];
  const at = [...path, 'url'];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return [errorAt(at, 'value', 'the url is no http or https address', 'write it like http://127.0.0.1:9090/path')];
  }
  if (url.username === '' && url.password === '') return [];
  return [
    errorAt(
      at,
      'value',
      'the url holds a user or a password, and a plan holds no secrets',
      'take what stands before the @ out of it',
    ),
  ];
}
