import { AUTO } from '../core/auto.js';
import { parseDuration } from '../core/duration.js';
import type { Comparison, ExtraLeg, Plan, Signal, Step, Subset } from '../core/plan.js';
import { rampSteps } from '../core/ramp.js';
import { versionFilter } from '../core/versions.js';
import { type BasisPoints, parsePercent } from '../core/weights.js';
import type { PlanText } from './schema.js';

type SubsetText = PlanText['subsets'][string];
type StepText = PlanText['steps'][number];
type SignalText = PlanText['signals'][number];

/** The normal form of a plan that has passed the schema and `checkRules`; for any other the result means nothing. */
export function normalise(text: PlanText): Plan {
  const legs = Object.entries(text.legs);
  const own = legs.filter(([, leg]) => leg.version !== undefined || leg.filter !== undefined);
  return {
    service: text.service,
    ...given('namespace', text.namespace),
    ...given('partition', text.partition),
    ...given('datacenter', text.datacenter),
    ...given('protocol', text.protocol),
    subsets: [...Object.entries(text.subsets), ...own].map(([name, subset]) => toSubset(name, subset)),
    ...given('stable', text.stable),
    legs: legs.map(([subset, leg]): ExtraLeg => ({ subset, weight: points(leg.weight) })),
    steps: expandSteps(text.steps),
    bake: ms(text.bake),
    undoWindow: ms(text.undo_window),
    ...(text.deadline === undefined ? {} : { deadline: ms(text.deadline) }),
    stepTimeout: ms(text.step_timeout),
    on: { noData: text.on.no_data, drift: text.on.drift, stepTimeout: text.on.step_timeout, signalError: text.on.signal_error },
    ...(text.capacity === undefined ? {} : { capacity: { maxRatio: text.capacity.max_ratio } }),
    signals: text.signals.map((signal) => ({ ...toSignal(signal), ...(signal.dry_run ? { dryRun: true } : {}) })),
    callers: text.callers,
  };
}

/**
 * The steps with every ramp written out: weight, pause, weight, … and exactly `to` at the end. Between a ramp and the next
 * step there is one more pause of `every`, unless that step is itself a pause or an analysis (its time is the time to stay), or there is none.
 */
export function expandSteps(steps: readonly StepText[]): readonly Step[] {
  let weight: BasisPoints = 0;
  return steps.flatMap((step, i): Step[] => {
    if ('weight' in step) {
      weight = points(step.weight);
      return [{ kind: 'weight', to: weight }];
    }
    if ('pause' in step) return [{ kind: 'pause', ...(typeof step.pause === 'string' ? { for: ms(step.pause) } : {}) }];
    if ('analyse' in step) return [{ kind: 'analyse', for: ms(step.analyse.for), minRequests: step.analyse.min_requests }];
    if ('wait' in step) return [{ kind: 'wait', healthy: step.wait.healthy, deadline: ms(step.wait.deadline) }];
    const { to, by, every } = step.ramp;
    const ramped = rampSteps(weight, points(to), points(by), ms(every));
    weight = points(to);
    const next = steps[i + 1];
    const staysAfter = next !== undefined && !('pause' in next) && !('analyse' in next);
    return staysAfter ? [...ramped, { kind: 'pause', for: ms(every) }] : [...ramped];
  });
}

function toSubset(name: string, { version, filter }: SubsetText): Subset {
  if (version === undefined) return { name, filter: (filter ?? '').trim() };
  // Its filter is told from the catalog when the plan is used; until then there is none, and none is ever written.
  if (version === AUTO) return { name, filter: '', version };
  return { name, filter: versionFilter(version), version };
}

function toSignal(signal: SignalText): Signal {
  switch (signal.source) {
    case 'envoy': {
      const { name, source, metric, over, max, margin } = signal;
      const limit = margin === undefined ? { max: fraction(max ?? 0) } : { margin: fraction(margin) };
      return { name, source, metric, ...(over === undefined ? {} : { over: ms(over) }), ...limit };
    }
    case 'prometheus': {
      const { name, source, interval } = signal;
      const asked = { ...given('url', signal.url), ...given('query', signal.query), ...given('preset', signal.preset) };
      const bounds = { ...given('window', signal.window), ...given('max', signal.max), ...given('min', signal.min) };
      const made = { ...given('reduce', signal.reduce), ...comparisonOf(signal) };
      return { name, source, ...asked, ...bounds, ...made, interval: ms(interval), ...limitsOf(signal) };
    }
    case 'http': {
      const { name, source, url, method, interval, timeout, expect } = signal;
      const statuses = expect === undefined ? {} : { expect: [expect].flat() };
      return { name, source, url, method, interval: ms(interval), timeout: ms(timeout), ...statuses, ...limitsOf(signal) };
    }
    case 'consul':
      return { name: signal.name, source: signal.source, minHealthy: signal.min_healthy };
  }
}

type LimitsText = Pick<
  Extract<SignalText, { source: 'http' }>,
  'failure_limit' | 'consecutive' | 'error_limit' | 'inconclusive_limit'
>;

function limitsOf(signal: LimitsText) {
  return {
    failureLimit: signal.failure_limit,
    ...given('consecutive', signal.consecutive),
    errorLimit: signal.error_limit,
    inconclusiveLimit: signal.inconclusive_limit,
  };
}

type ComparingText = Pick<Extract<SignalText, { source: 'prometheus' }>, 'compare' | 'margin' | 'worse'>;

function comparisonOf({ compare, margin, worse }: ComparingText): { readonly compare?: Comparison } {
  return compare === undefined ? {} : { compare: { margin: margin ?? 0, worse: worse ?? 'higher' } };
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V });
}

function ms(text: string): number {
  return parseDuration(text) ?? 0;
}

function points(value: string | number): BasisPoints {
  return parsePercent(value) ?? 0;
}

/** Basis of a share: `"0.5%"` and `0.5` are 0.005. */
function fraction(value: string | number): number {
  return Number.parseFloat(String(value)) / 100;
}
