import { formatDuration, parseDuration } from '../core/duration.js';
import { edgesAround } from '../core/envoy-buckets.js';
import { checkBounds, checkRange } from './check-bounds.js';
import { checkLogin } from './check-login.js';
import { checkPlaceholders } from './check-placeholders.js';
import { checkVendor } from './check-sources.js';
import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import type { PlanText } from './schema.js';
import type { SignalText } from './signal-text.js';

type Of<S extends SignalText['source']> = Extract<SignalText, { source: S }>;

/** What the keys of each signal must mean together, and that no two signals share a name. */
export function checkSignals(plan: PlanText): Problem[] {
  const names = plan.signals.map((signal) => signal.name);
  const unversioned = Object.entries(plan.subsets).find(([, { version }]) => version === undefined)?.[0];
  return plan.signals.flatMap((signal, i) => {
    const path: Path = ['signals', i];
    const twice = names.indexOf(signal.name) < i;
    return [
      ...(twice ? [errorAt([...path, 'name'], 'value', `two signals have the name "${signal.name}"`, 'rename one')] : []),
      ...checkSignal(signal, path),
      ...checkPlaceholders(signal, path, unversioned),
      ...checkProtocol(signal, plan.protocol, path),
    ];
  });
}

function checkSignal(signal: SignalText, path: Path): Problem[] {
  switch (signal.source) {
    case 'envoy':
      return [...checkCounted(signal, path), ...checkLatency(signal, path), ...checkBound(signal, path)];
    case 'prometheus':
      return [...checkPrometheus(signal, path), ...checkLogin(signal, path), ...checkUrl(signal.url, path)];
    case 'http':
      return [...checkHttp(signal, path), ...checkUrl(signal.url, path)];
    case 'exec':
      return signal.max === undefined && signal.min === undefined ? [] : checkRange(signal, path);
    case 'consul':
      return [];
    default:
      return checkVendor(signal, path);
  }
}

/** Prometheus cannot add up statuses that stand in the names of series, and codes of HTTP say little of gRPC. */
function checkProtocol(signal: SignalText, protocol: PlanText['protocol'], path: Path): Problem[] {
  if (protocol !== 'grpc') return [];
  if (signal.source === 'envoy' && signal.codes !== undefined) {
    const what = 'codes are those of HTTP, and a gRPC service answers 200 whatever happens';
    return [warningAt([...path, 'codes'], 'key', what, 'write metric: errors, which counts gRPC statuses')];
  }
  if (signal.source !== 'prometheus' || (signal.preset !== 'error-ratio' && signal.preset !== 'code-ratio')) return [];
  const counts = signal.preset === 'error-ratio' ? 'answers of class 5xx' : 'codes of HTTP';
  const what = `the preset ${signal.preset} counts ${counts}, and a gRPC service answers 200 whatever happens`;
  return [errorAt([...path, 'preset'], 'value', what, 'write source: envoy with metric: errors, which counts gRPC statuses')];
}

/** Either a metric or codes, and no answer twice. */
function checkCounted({ metric, codes }: Of<'envoy'>, path: Path): Problem[] {
  if (codes === undefined) {
    if (metric !== undefined) return [];
    const hint = 'write metric: errors, latency or unanswered, or codes: [4xx]';
    return [errorAt(path, 'key', 'the signal has neither a "metric" nor "codes"', hint)];
  }
  if (metric !== undefined)
    return [errorAt([...path, 'codes'], 'key', 'a signal has either "metric" or "codes", not both', 'keep one of them')];
  const texts = [codes].flat().map(String);
  return texts.flatMap((code, i) => {
    const whole = texts.find((other, j) => (other === code ? j < i : other === `${code[0]}xx`));
    if (whole === undefined) return [];
    const what = whole === code ? `${code} stands there twice` : `${code} is one of ${whole}, which stands there too`;
    return [errorAt([...path, 'codes', i], 'value', what, 'remove it')];
  });
}

function checkLatency({ metric, over }: Of<'envoy'>, path: Path): Problem[] {
  if (metric === 'latency' && over === undefined) {
    return [
      errorAt(path, 'key', 'a latency signal has no "over"', 'write the time above which an answer is slow, like over: 500ms'),
    ];
  }
  if (metric !== 'latency' && over !== undefined)
    return [errorAt([...path, 'over'], 'key', `"over" belongs to latency, not to ${metric ?? 'codes'}`, 'remove it')];
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

function checkPrometheus(signal: Of<'prometheus'>, path: Path): Problem[] {
  const { query, preset, window, reduce } = signal;
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
  if (signal.codes !== undefined && preset !== 'code-ratio')
    problems.push(errorAt([...path, 'codes'], 'key', '"codes" belongs to the preset code-ratio', 'write preset: code-ratio'));
  if (signal.codes === undefined && preset === 'code-ratio')
    problems.push(errorAt([...path, 'preset'], 'value', 'the preset code-ratio needs "codes"', 'add codes: [4xx]'));
  return [...problems, ...checkBounds(signal, path)];
}

function checkHttp({ json, method, max, min }: Of<'http'>, path: Path): Problem[] {
  if (json === undefined) {
    const given = max !== undefined ? 'max' : min !== undefined ? 'min' : undefined;
    if (given === undefined) return [];
    const hint = 'write json: $.path.of.the.number, or remove it';
    return [errorAt([...path, given], 'key', `"${given}" needs "json": a probe only passes or fails`, hint)];
  }
  const problems = checkRange({ max, min }, path);
  if (method !== 'HEAD') return problems;
  return [...problems, errorAt([...path, 'method'], 'value', 'a HEAD request is answered without JSON', 'write GET or POST')];
}
