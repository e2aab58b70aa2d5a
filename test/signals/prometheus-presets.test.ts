import { expect } from 'chai';
import type { PrometheusSignal } from '../../src/core/plan.js';
import { presetQuery, promQuery } from '../../src/signals/prometheus-presets.js';
import { PAYMENTS } from './fakes.js';

const NAMES = 'consul_destination_service="payments",consul_destination_service_subset="green"';
/** Of a name with dots the labels are cut at them, and say this partition. */
const UNDOTTED = 'consul_destination_partition!="default"';
const LABELS = `${NAMES},${UNDOTTED}`;
const BY = 'by (consul_destination_service, consul_destination_service_subset)';
const BY_EDGE = 'by (consul_destination_service, consul_destination_service_subset, le)';
const SIGNAL: PrometheusSignal = { name: 'p', source: 'prometheus', interval: 30_000, failureLimit: 0, errorLimit: 4 };

describe('presets of PromQL', () => {
  const cases: readonly [NonNullable<PrometheusSignal['preset']>, string][] = [
    [
      'error-ratio',
      `(sum ${BY} (rate(envoy_cluster_upstream_rq_xx{${LABELS},envoy_response_code_class="5"}[2m])) or sum ${BY} (rate(envoy_cluster_upstream_rq_xx{${LABELS}}[2m])) * 0) / sum ${BY} (rate(envoy_cluster_upstream_rq_xx{${LABELS}}[2m])) unless group ${BY} ({__name__=~"envoy_cluster_grpc_.+",${LABELS}})`,
    ],
    [
      'unanswered-ratio',
      (() => {
        const range = (name: string) => `envoy_cluster_upstream_rq_${name}{${LABELS}}[2m]`;
        const all = `sum ${BY} (increase(${range('total')}))`;
        const change = (name: string) => `delta(${range(name)}) unless resets(${range(name)}) > 0 or increase(${range(name)})`;
        const of = (name: string) => `(sum ${BY} (${change(name)}) or ${all} * 0)`;
        const sent = `(${of('total')} + ${of('cancelled')} - ${of('retry')})`;
        return `clamp_min(${sent} - sum ${BY} (${change('completed')}) - sum ${BY} (delta(${range('active')})), 0) / (${sent} > 0)`;
      })(),
    ],
    ['p50', `histogram_quantile(0.5, sum ${BY_EDGE} (rate(envoy_cluster_upstream_rq_time_bucket{${LABELS}}[2m])))`],
    ['p95', `histogram_quantile(0.95, sum ${BY_EDGE} (rate(envoy_cluster_upstream_rq_time_bucket{${LABELS}}[2m])))`],
    ['p99', `histogram_quantile(0.99, sum ${BY_EDGE} (rate(envoy_cluster_upstream_rq_time_bucket{${LABELS}}[2m])))`],
    ['request-rate', `sum ${BY} (rate(envoy_cluster_upstream_rq_completed{${LABELS}}[2m]))`],
    ['no-healthy-host', `sum ${BY} (increase(envoy_cluster_upstream_cx_none_healthy{${LABELS}}[2m]))`],
  ];
  for (const [preset, query] of cases) {
    it(`${preset} reads canary on the callers’ side`, () => {
      expect(promQuery({ ...SIGNAL, preset }, PAYMENTS)).to.equal(query);
    });
  }

  it('code-ratio counts single codes and classes', () => {
    expect(promQuery({ ...SIGNAL, preset: 'code-ratio', codes: ['4xx', '503', '429'] }, PAYMENTS)).to.equal(
      `(sum ${BY} (rate(envoy_cluster_upstream_rq{${LABELS},envoy_response_code=~"429|4..|503"}[2m])) or sum ${BY} (rate(envoy_cluster_upstream_rq_xx{${LABELS}}[2m])) * 0) / sum ${BY} (rate(envoy_cluster_upstream_rq_xx{${LABELS}}[2m]))`,
    );
  });

  it('take the window and the place of the service', () => {
    const query = promQuery(
      { ...SIGNAL, preset: 'request-rate', window: '5m' },
      { ...PAYMENTS, namespace: 'eu', datacenter: 'dc2' },
    );
    expect(query).to.equal(
      `sum ${BY} (rate(envoy_cluster_upstream_rq_completed{${NAMES},consul_destination_namespace="eu",consul_destination_datacenter="dc2",${UNDOTTED}}[5m]))`,
    );
  });

  it('ask about many services and subsets at once, each name as itself', () => {
    const scope = { services: ['b-x', 'a'], subsets: ['green', 'blue'] };
    expect(presetQuery('request-rate', scope, '1m')).to.equal(
      `sum ${BY} (rate(envoy_cluster_upstream_rq_completed{consul_destination_service=~"a|b-x",consul_destination_service_subset=~"blue|green",${UNDOTTED}}[1m]))`,
    );
  });

  it('ask about a name with dots by the whole name of its clusters', () => {
    const query = promQuery({ ...SIGNAL, preset: 'request-rate' }, { ...PAYMENTS, service: 'pay.ments', datacenter: 'dc2' });
    expect(query).to.equal(
      `sum ${BY} (rate(envoy_cluster_upstream_rq_completed{consul_destination_target=~"(green)\\\\.pay\\\\.ments\\\\.[^.]+\\\\.dc2"}[2m]))`,
    );
  });

  it('escape the values of labels', () => {
    expect(promQuery({ ...SIGNAL, preset: 'request-rate' }, { ...PAYMENTS, service: 'a"b\\c\nd' })).to.include(
      'consul_destination_service="a\\"b\\\\c\\nd"',
    );
  });
});

describe('a PromQL text of one’s own', () => {
  it('gets the service and the subsets filled in, and nothing else', () => {
    const query = 'up{s="{{service}}",c="{{ canary }}",b="{{stable}}",x="{{other}}"}';
    expect(promQuery({ ...SIGNAL, query }, PAYMENTS)).to.equal('up{s="payments",c="green",b="blue",x="{{other}}"}');
  });

  it('is about canary, or about the subset that is asked for', () => {
    const query = 'up{s="{{ subset }}"}';
    expect(promQuery({ ...SIGNAL, query }, PAYMENTS)).to.equal('up{s="green"}');
    expect(promQuery({ ...SIGNAL, query }, { ...PAYMENTS, subset: 'blue' })).to.equal('up{s="blue"}');
    expect(promQuery({ ...SIGNAL, preset: 'p95' }, { ...PAYMENTS, subset: 'blue' })).to.include(
      'consul_destination_service_subset="blue"',
    );
  });

  it('is absent when the signal has neither query nor preset', () => {
    expect(promQuery(SIGNAL, PAYMENTS)).to.equal(undefined);
  });
});
