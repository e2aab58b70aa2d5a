import { expect } from 'chai';
import { metricsQuery, parseEnvoyMetrics, type Snapshot } from '../../src/signals/envoy-metrics.js';
import { classLines, latencyLines, statusLines } from './fakes.js';

const SERVICE = { service: 'payments' };
const flat = (snapshot: Snapshot): unknown =>
  [...snapshot.values()].map(({ subset, values }) => [subset, Object.fromEntries(values)]);

describe('reading Envoy metrics', () => {
  it('counts the classes of each subset once, though Envoy repeats them as external and internal', () => {
    const text = `# TYPE envoy_cluster_upstream_rq_xx counter\n${classLines('blue', { 2: 100, 5: 1 })}${classLines('green', { 2: 10 })}`;
    expect(flat(parseEnvoyMetrics(text, SERVICE).classes)).to.deep.equal([
      ['blue', { 2: 100, 5: 1 }],
      ['green', { 2: 10 }],
    ]);
  });

  it('leaves other services out, even one whose name begins the same', () => {
    const text = classLines('blue', { 2: 7 }, 'payments-eu') + classLines('blue', { 2: 9 }, 'old-payments');
    expect(flat(parseEnvoyMetrics(text, SERVICE).classes)).to.deep.equal([]);
  });

  it('keeps only the namespace, partition and datacenter that the target names', () => {
    const text = classLines('blue', { 2: 7 });
    expect(
      parseEnvoyMetrics(text, { ...SERVICE, namespace: 'default', partition: 'default', datacenter: 'dc1' }).classes.size,
    ).to.equal(1);
    for (const other of [{ namespace: 'eu' }, { partition: 'eu' }, { datacenter: 'dc2' }]) {
      expect(parseEnvoyMetrics(text, { ...SERVICE, ...other }).classes.size).to.equal(0);
    }
  });

  it('groups the buckets of a histogram with its count', () => {
    const text = latencyLines('green', { '0.5': 1, 250: 8, 500: 9 }, 10);
    expect(flat(parseEnvoyMetrics(text, SERVICE).latency)).to.deep.equal([
      ['green', { '0.5': 1, 250: 8, 500: 9, '+Inf': 10, count: 10 }],
    ]);
  });

  it('reads buckets one by one, whatever stands between them and wherever their edge stands', () => {
    const bucket = (subset: string, edge: string, count: string): string =>
      `envoy_cluster_upstream_rq_time_bucket{consul_destination_service="payments",consul_destination_service_subset="${subset}",le="${edge}"} ${count}\n`;
    const text = [
      bucket('green', '1', '3'),
      bucket('blue', '1', '8'),
      bucket('green', '2.5', '4'),
      bucket('green', '5', '5 1700000000000'),
      bucket('green', '10', '6').replace('\n', '\r\n'),
      bucket('green', '1e+04', '7'),
      bucket('green', '+Inf', '9'),
      bucket('green', '25', 'NaN'),
      'envoy_cluster_upstream_rq_time_bucket{le="1",consul_destination_service="payments",consul_destination_service_subset="red"} 2\n',
      'envoy_cluster_upstream_rq_time_bucket{le="5",consul_destination_service="payments",consul_destination_service_subset="red"} 3\n',
    ].join('');
    expect(flat(parseEnvoyMetrics(text, SERVICE).latency)).to.deep.equal([
      ['green', { 1: 3, 2.5: 4, 5: 5, 10: 6, '1e+04': 7, '+Inf': 9 }],
      ['blue', { 1: 8 }],
      ['red', { 1: 2, 5: 3 }],
    ]);
  });

  it('counts gRPC statuses by method, without what stands beside them, with the method in the name or not', () => {
    const text = `${statusLines('green', { 0: 90, 14: 3 })}${statusLines('green', { 0: 7 }, 'bank_Books_Sum_2_')}${statusLines('blue', { 5: 4 }, '')}`;
    expect(flat(parseEnvoyMetrics(text, SERVICE).statuses)).to.deep.equal([
      ['green', { 0: 90, 14: 3 }],
      ['green', { 0: 7 }],
      ['blue', { 5: 4 }],
    ]);
    expect(parseEnvoyMetrics(text, { service: 'ledger' }).statuses.size).to.equal(0);
  });

  it('asks for statuses only when they are needed, and for nothing beside them', () => {
    const path = metricsQuery(new Set(['classes', 'statuses']));
    const filter = new RegExp(new URL(path, 'http://x').searchParams.get('filter')!);
    const names = ['grpc.bank.Books.Sum.14', 'grpc.14', 'grpc.bank.Books.Sum.total', 'grpc.bank.Books.Sum.success', 'grpc.total'];
    expect(names.filter((name) => filter.test(`cluster.green.payments.${name}`))).to.deep.equal(names.slice(0, 2));
  });

  it('reads a last line without newline, Windows line ends and time stamps', () => {
    const line = classLines('blue', { 2: 7 }).trimEnd();
    for (const text of [line, `${line}\r\n`, `${line} 1700000000000\n`]) {
      expect(flat(parseEnvoyMetrics(text, SERVICE).classes), text).to.deep.equal([['blue', { 2: 7 }]]);
    }
  });

  it('takes an empty page as no requests yet, and refuses a page that is not Envoy’s', () => {
    expect(parseEnvoyMetrics('', SERVICE).classes.size).to.equal(0);
    expect(() => parseEnvoyMetrics('<html>hello</html>', SERVICE)).to.throw('no metrics page of Envoy');
  });

  it('asks for the histogram only when it is needed', () => {
    expect(metricsQuery(new Set(['classes']))).to.equal(
      `?usedonly&filter=upstream_rq_.xx${encodeURIComponent('|^server[.](uptime|initialization_time_ms)$')}`,
    );
    const filter = new RegExp(new URL(metricsQuery(new Set(['classes', 'latency'])), 'http://x').searchParams.get('filter')!);
    const names = [
      'upstream_rq_2xx',
      'upstream_rq_5xx',
      'upstream_rq_time',
      'upstream_rq_total',
      'upstream_rq_timeout',
      'upstream_cx_total',
    ];
    expect(names.filter((name) => filter.test(`cluster.blue.payments.${name}`))).to.deep.equal([
      'upstream_rq_2xx',
      'upstream_rq_5xx',
      'upstream_rq_time',
      'upstream_rq_timeout',
    ]);
  });
});
