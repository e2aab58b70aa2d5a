import { DEFAULTS } from '../core/defaults.js';
import { fillPlaceholders, type Named } from '../core/placeholders.js';
import type { PrometheusSignal, ServiceRef } from '../core/plan.js';

/** What a PromQL text may name: the service and its subsets by role. */
export type PromTarget = ServiceRef & Named;

type Preset = NonNullable<PrometheusSignal['preset']>;

/**
 * The PromQL of a signal about one subset, canary unless told otherwise: its own with the placeholders filled in, or its preset; undefined when it has
 * neither.
 */
export function promQuery({ query, preset, window }: PrometheusSignal, target: PromTarget): string | undefined {
  const about = { ...target, subset: target.subset ?? target.canary };
  if (query !== undefined) return fillPlaceholders(query, about, escapeLabel);
  return preset === undefined ? undefined : presetQuery(preset, about, window ?? DEFAULTS.presetWindow);
}

type SubsetTarget = PromTarget & { readonly subset: string };

/** The caller-side series of Envoy for the subset, as PromQL; quantiles in milliseconds, rates by the second. */
function presetQuery(preset: Preset, target: SubsetTarget, window: string): string {
  const labels = labelsOf(target, `="${escapeLabel(target.subset)}"`);
  const range = (metric: string, more = ''): string => `envoy_cluster_${metric}{${labels}${more}}[${window}]`;
  const quantile = (q: number): string => `histogram_quantile(${q}, sum by (le) (rate(${range('upstream_rq_time_bucket')})))`;
  switch (preset) {
    case 'error-ratio': {
      // A 5xx series is born with the first 5xx; until then the share is 0, if there are requests at all.
      const bad = `sum(rate(${range('upstream_rq_xx', ',envoy_response_code_class="5"')}))`;
      // gRPC answers HTTP 200 whatever happens: where Envoy counts statuses of the service, classes say nothing of its errors.
      const grpc = `{__name__=~"envoy_cluster_grpc_.+",${labels}}`;
      return `(${bad} or vector(0)) / sum(rate(${range('upstream_rq_xx')})) unless on() ${grpc}`;
    }
    case 'p50':
      return quantile(0.5);
    case 'p95':
      return quantile(0.95);
    case 'p99':
      return quantile(0.99);
    case 'request-rate':
      return `sum(rate(${range('upstream_rq_completed')}))`;
    case 'no-healthy-host':
      return `sum(increase(${range('upstream_cx_none_healthy')}))`;
  }
}

/** The raw counters of one Envoy family for both subsets, with further matchers; only one service, as its callers see it. */
export function counterSelector(family: string, target: PromTarget, more = ''): string {
  return `envoy_cluster_${family}{${bothSubsets(target)}${more}}`;
}

/** The raw counters of gRPC statuses for both subsets; service and method stand in their names, and the status at the end. */
export function statusSelector(target: PromTarget): string {
  return `{__name__=~"envoy_cluster_grpc_(.*_)?[0-9]+",${bothSubsets(target)}}`;
}

function bothSubsets(target: PromTarget): string {
  const subsets = [target.canary, target.stable].map((name) => escapeLabel(escapePattern(name)));
  return labelsOf(target, `=~"${subsets.join('|')}"`);
}

/** A text as a regular expression of PromQL that matches only itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** `subset` is the matcher of the subset's label. */
function labelsOf({ service, namespace, partition, datacenter }: PromTarget, subset: string): string {
  const values = { service, namespace, partition, datacenter };
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`consul_destination_${name}="${escapeLabel(value)}"`],
  );
  return [given[0], `consul_destination_service_subset${subset}`, ...given.slice(1)].join(',');
}

/** A text as the value of a label in PromQL. */
export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
