import { DEFAULTS } from '../core/defaults.js';
import { fillPlaceholders, type Named } from '../core/placeholders.js';
import type { PrometheusSignal, ServiceRef } from '../core/plan.js';
import { REQUEST_KEYS } from './envoy-metrics.js';

/** What a PromQL text may name: the service and its subsets by role. */
export type PromTarget = ServiceRef & Named;

type Preset = NonNullable<PrometheusSignal['preset']>;

/**
 * The PromQL of a signal about one subset, canary unless told otherwise: its own with the placeholders filled in, or its preset; undefined when it has
 * neither.
 */
export function promQuery({ query, preset, window, codes }: PrometheusSignal, target: PromTarget): string | undefined {
  const about = { ...target, subset: target.subset ?? target.canary };
  if (query !== undefined) return fillPlaceholders(query, about, escapeLabel);
  if (preset === undefined) return undefined;
  const scope = { ...about, services: [about.service], subsets: [about.subset], codes };
  return presetQuery(preset, scope, window ?? DEFAULTS.presetWindow);
}

/** What a preset is asked about: any number of services and subsets of one namespace, partition and datacenter, and for `code-ratio` the codes. */
export interface PresetScope extends Pick<ServiceRef, 'namespace' | 'partition' | 'datacenter'> {
  readonly services: readonly string[];
  readonly subsets: readonly string[];
  readonly codes?: readonly string[] | undefined;
}

/** The labels that tell the series of a preset's answer apart. */
export const PRESET_LABELS = { service: 'consul_destination_service', subset: 'consul_destination_service_subset' } as const;

const DEFAULT_PARTITION = 'default';
const BY = `by (${PRESET_LABELS.service}, ${PRESET_LABELS.subset})`;
const BY_EDGE = `by (${PRESET_LABELS.service}, ${PRESET_LABELS.subset}, le)`;

/** The caller-side series of Envoy as PromQL, one for each service and subset: all entrances that Prometheus scrapes, gateways and callers of other names too. Quantiles in milliseconds, rates by the second. */
export function presetQuery(preset: Preset, scope: PresetScope, window: string): string {
  const labels = scopeLabels(scope);
  const range = (metric: string, more = ''): string => `envoy_cluster_${metric}{${labels}${more}}[${window}]`;
  /** The share of answers with these labels. Their series is born with the first of them; until then the share is 0, if there are requests at all. */
  const share = (metric: string, more: string): string => {
    const all = `sum ${BY} (rate(${range('upstream_rq_xx')}))`;
    return `(sum ${BY} (rate(${range(metric, more)})) or ${all} * 0) / ${all}`;
  };
  const quantile = (q: number): string => `histogram_quantile(${q}, sum ${BY_EDGE} (rate(${range('upstream_rq_time_bucket')})))`;
  /** How far a counter came. `increase` stretches a young counter to less than the whole window and each of them to another part of it, `delta` all of them alike; only a restart needs `increase`. */
  const change = (metric: string): string =>
    `delta(${range(metric)}) unless resets(${range(metric)}) > 0 or increase(${range(metric)})`;
  switch (preset) {
    case 'error-ratio': {
      // gRPC answers HTTP 200 whatever happens: where Envoy counts statuses of the service, classes say nothing of its errors.
      const grpc = `group ${BY} ({__name__=~"envoy_cluster_grpc_.+",${labels}})`;
      return `${share('upstream_rq_xx', ',envoy_response_code_class="5"')} unless ${grpc}`;
    }
    case 'code-ratio':
      return share('upstream_rq', `,envoy_response_code=~"${codePattern(scope.codes ?? [])}"`);
    case 'unanswered-ratio': {
      // By the counters as `request-account.ts` reads them: sent, not answered, and not under way any more.
      const all = `sum ${BY} (increase(${range('upstream_rq_total')}))`;
      const of = (metric: string): string => `(sum ${BY} (${change(metric)}) or ${all} * 0)`;
      const sent = `(${of('upstream_rq_total')} + ${of('upstream_rq_cancelled')} - ${of('upstream_rq_retry')})`;
      const waiting = `sum ${BY} (delta(${range('upstream_rq_active')}))`;
      return `clamp_min(${sent} - sum ${BY} (${change('upstream_rq_completed')}) - ${waiting}, 0) / (${sent} > 0)`;
    }
    case 'p50':
      return quantile(0.5);
    case 'p95':
      return quantile(0.95);
    case 'p99':
      return quantile(0.99);
    case 'request-rate':
      return `sum ${BY} (rate(${range('upstream_rq_completed')}))`;
    case 'no-healthy-host':
      return `sum ${BY} (increase(${range('upstream_cx_none_healthy')}))`;
  }
}

/** Codes and classes as a regular expression: `4xx` is `4..`. */
function codePattern(codes: readonly string[]): string {
  return [...codes]
    .sort()
    .map((code) => code.replace('xx', '..'))
    .join('|');
}

function scopeLabels(scope: PresetScope): string {
  const { services, subsets, namespace, datacenter } = scope;
  const partition = partitionOf(scope);
  const [dotted] = services.filter((service) => service.includes('.'));
  if (dotted !== undefined) return dottedLabels(dotted, scope);
  const among = (names: readonly string[]): string =>
    names.length === 1
      ? `="${escapeLabel(names[0]!)}"`
      : `=~"${[...names].sort().map(escapePattern).map(escapeLabel).join('|')}"`;
  const place = Object.entries({ namespace, partition, datacenter }).flatMap(([name, value]) =>
    value === undefined ? [] : [`consul_destination_${name}="${escapeLabel(value)}"`],
  );
  // Only of names with dots do the labels say so: of `payments.eu` they are those of `payments`, in a namespace `eu`.
  const undotted = partition === undefined ? [`consul_destination_partition!="${DEFAULT_PARTITION}"`] : [];
  return [`${PRESET_LABELS.service}${among(services)}`, `${PRESET_LABELS.subset}${among(subsets)}`, ...place, ...undotted].join(
    ',',
  );
}

/** One service whose name has dots: the labels of its series are cut at them, but one holds the whole name of the cluster. */
function dottedLabels(service: string, scope: PresetScope): string {
  const { subsets, namespace, datacenter } = scope;
  const partition = partitionOf(scope);
  const any = '[^.]+';
  const exact = (name: string | undefined): string => (name === undefined ? any : escapePattern(name));
  const place = [exact(namespace), ...(partition === undefined ? [] : [exact(partition)]), exact(datacenter)];
  const names = [...subsets].sort().map(escapePattern).join('|');
  return `consul_destination_target=~"${escapeLabel([`(${names})`, escapePattern(service), ...place].join('\\.'))}"`;
}

/** The default one is in no name and no label. */
function partitionOf({ partition }: PresetScope): string | undefined {
  return partition === DEFAULT_PARTITION ? undefined : partition;
}

/** Whether several services can be asked about in one query: those whose names have no dots can. */
export function asksTogether(service: string): boolean {
  return !service.includes('.');
}

/** The raw counters of one Envoy family for both subsets, with further matchers; only one service, as its callers see it. */
export function counterSelector(family: string, target: PromTarget, more = ''): string {
  return `envoy_cluster_${family}{${bothSubsets(target)}${more}}`;
}

/** The raw counters of gRPC statuses for both subsets; service and method stand in their names, and the status at the end. */
export function statusSelector(target: PromTarget): string {
  return `{__name__=~"envoy_cluster_grpc_(.*_)?[0-9]+",${bothSubsets(target)}}`;
}

/** What became of the requests to both subsets: the counters, and the gauge of those under way. */
export function requestSelector(target: PromTarget): string {
  return `{__name__=~"envoy_cluster_upstream_rq_(${REQUEST_KEYS.join('|')})",${bothSubsets(target)}}`;
}

function bothSubsets(target: PromTarget): string {
  return scopeLabels({ ...target, services: [target.service], subsets: [target.canary, target.stable] });
}

/** A text as a regular expression of PromQL that matches only itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A text as the value of a label in PromQL. */
export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
