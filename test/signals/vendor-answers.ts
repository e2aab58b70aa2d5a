import type { Signal } from '../../src/core/plan.js';

/** One answer of an API: its body, and its status where that is not 200. */
export interface Reply {
  readonly status?: number;
  readonly body: string;
}

/** One source, the secrets that it is given, and the answers that the vendor documents. The number is 0.25. */
export interface Vendor {
  readonly title: string;
  /** The variable of the address that the secrets of the environment are for. */
  readonly address?: string;
  signal(url: string): Signal;
  /** What must be set, by variable; every value is a secret that may be seen nowhere. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What else is set. */
  readonly env?: Readonly<Record<string, string>>;
  /** The path and header under which the API is asked, as a pattern over `METHOD path header: value…`. */
  readonly asks: RegExp;
  readonly number: Reply;
  readonly empty: Reply;
  readonly nothing: readonly Reply[];
  readonly several: Reply;
  readonly badQuery: Reply;
}

/** The time of all answers: a whole minute, in ms. */
export const NOW = 1_700_000_040_000;
const SECONDS = NOW / 1_000;

const limits = { max: 1, interval: 30_000, failureLimit: 0, errorLimit: 4, timeout: 2_000 };
const json = (value: unknown, status = 200): Reply => ({ status, body: JSON.stringify(value) });
const nrql = (...results: unknown[]): Reply => json({ data: { actor: { account: { nrql: { results } } } } });
const pointlist = (...pointlist: unknown[]) => ({ metric: 'e', interval: 60, pointlist });
const datadog = (...series: unknown[]): Reply => json({ status: 'ok', res_type: 'time_series', error: '', series });
const flux = (...values: string[]): Reply => ({
  body: [',result,table,_value', ...values.map((value, i) => `,_result,${i},${value}`), '', ''].join('\r\n'),
});
const influxql = (...values: unknown[]): Reply =>
  json({
    results: [
      values.length === 0
        ? { statement_id: 0 }
        : {
            statement_id: 0,
            series: [{ name: 'e', columns: ['time', 'mean'], values: values.map((v) => ['1970-01-01T00:00:00Z', v]) }],
          },
    ],
  });
const target = (...datapoints: unknown[]) => ({ target: 'e', tags: {}, datapoints });
const metric = (Values: unknown[], more: object = {}) => ({
  Id: 'm1',
  Label: 'e',
  StatusCode: 'Complete',
  Timestamps: Values.map((_, i) => SECONDS - 60 * (i + 1)),
  Values,
  ...more,
});
const cloudwatch = (...MetricDataResults: unknown[]): Reply => json({ Messages: [], MetricDataResults });
const vector = (...values: string[]): Reply =>
  json({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [SECONDS, value] })) },
  });

/** All sources of single numbers. */
export const VENDORS: readonly Vendor[] = [
  {
    title: 'prometheus',
    address: 'PROMETHEUS_URL',
    signal: (url) => ({ name: 's', source: 'prometheus', query: 'e{s="{{canary}}"}', url, ...limits }),
    secrets: { PROMETHEUS_TOKEN: 'prom-s3cret/+"' },
    asks: /^POST \/api\/v1\/query .*authorization: Bearer prom-s3cret/,
    number: vector('0.25'),
    empty: vector(),
    nothing: [vector('NaN'), vector('+Inf')],
    several: vector('1', '2'),
    badQuery: json({ status: 'error', errorType: 'bad_data', error: 'parse error' }, 400),
  },
  {
    title: 'newrelic',
    address: 'NEW_RELIC_API_URL',
    signal: (url) => ({
      name: 's',
      source: 'newrelic',
      query: "SELECT count(*) FROM T WHERE v = '{{canary}}'",
      account: 7,
      url,
      ...limits,
    }),
    secrets: { NEW_RELIC_API_KEY: 'NRAK-s3cret' },
    asks: /^POST \/graphql .*api-key: NRAK-s3cret/,
    number: nrql({ 'average.duration': 0.25 }),
    empty: nrql(),
    nothing: [nrql({ 'average.duration': null }), nrql({ 'percentile.duration': { 95: null } })],
    several: nrql({ facet: 'a', count: 1 }, { facet: 'b', count: 2 }),
    badQuery: json({ data: { actor: { account: { nrql: null } } }, errors: [{ message: 'NRQL Syntax Error' }] }),
  },
  {
    title: 'datadog',
    address: 'DD_API_URL',
    signal: (url) => ({ name: 's', source: 'datadog', query: 'avg:e{version:{{canary}}}', window: 300_000, url, ...limits }),
    secrets: { DD_API_KEY: 'dd-api-s3cret', DD_APP_KEY: 'dd-app-s3cret' },
    asks: /^GET \/api\/v1\/query\?from=1699999740&to=1700000040&query=avg%3Ae%7Bversion%3Agreen%7D .*dd-api-key: dd-api-s3cret .*dd-application-key: dd-app-s3cret/,
    number: datadog(pointlist([NOW - 120_000, 9], [NOW - 60_000, 0.25], [NOW - 1_000, 7])),
    empty: datadog(),
    nothing: [datadog(pointlist()), datadog(pointlist([NOW - 60_000, null])), datadog(pointlist([NOW - 1_000, 3]))],
    several: datadog(pointlist([NOW - 60_000, 1]), pointlist([NOW - 60_000, 2])),
    badQuery: json({ errors: ['Error parsing query'] }, 400),
  },
  {
    title: 'influxdb (Flux)',
    address: 'INFLUX_HOST',
    signal: (url) => ({ name: 's', source: 'influxdb', query: 'from(bucket: "{{canary}}")', org: 'o', url, ...limits }),
    secrets: { INFLUX_TOKEN: 'influx-s3cret==' },
    asks: /^POST \/api\/v2\/query\?org=o .*authorization: Token influx-s3cret==/,
    number: flux('0.25'),
    empty: { body: '\r\n' },
    nothing: [flux(), flux(''), flux('NaN')],
    several: flux('1', '2'),
    badQuery: json({ code: 'invalid', message: 'compilation failed' }, 400),
  },
  {
    title: 'influxdb (InfluxQL)',
    address: 'INFLUX_HOST',
    signal: (url) => ({
      name: 's',
      source: 'influxdb',
      query: "SELECT mean(e) FROM m WHERE s = '{{canary}}'",
      database: 'd',
      url,
      ...limits,
    }),
    secrets: {},
    env: {},
    asks: /^POST \/query\?db=d /,
    number: influxql(0.25),
    empty: influxql(),
    nothing: [influxql(null)],
    several: influxql(1, 2),
    badQuery: json({ results: [{ statement_id: 0, error: 'unknown field' }] }),
  },
  {
    title: 'graphite',
    address: 'GRAPHITE_URL',
    signal: (url) => ({ name: 's', source: 'graphite', query: 'sumSeries(e.{{canary}}.*)', window: 300_000, url, ...limits }),
    secrets: { GRAPHITE_PASSWORD: 'carbon-s3cret' },
    env: { GRAPHITE_USER: 'ana' },
    asks: /^GET \/render\?target=sumSeries%28e.green.\*%29&from=-300s&until=now&format=json .*authorization: Basic YW5hOmNhcmJvbi1zM2NyZXQ=/,
    number: json([target([9, SECONDS - 120], [0.25, SECONDS - 60], [7, SECONDS], [null, SECONDS + 60])]),
    empty: json([]),
    nothing: [json([target()]), json([target([null, SECONDS - 120], [null, SECONDS - 60])])],
    several: json([target([1, SECONDS - 60]), target([2, SECONDS - 60])]),
    badQuery: { status: 400, body: 'Bad Request: missing target' },
  },
  {
    title: 'cloudwatch',
    address: 'AWS_ENDPOINT_URL',
    signal: (url) => ({
      name: 's',
      source: 'cloudwatch',
      metrics: [{ id: 'm1', namespace: 'AWS/X', metric: 'E', stat: 'Sum', dimensions: { Version: '{{canary}}' } }],
      period: 60_000,
      window: 300_000,
      region: 'eu-west-1',
      url,
      ...limits,
    }),
    secrets: { AWS_ACCESS_KEY_ID: 'AKIAS3CRET', AWS_SECRET_ACCESS_KEY: 'aws-s3cret/+', AWS_SESSION_TOKEN: 'aws-session-s3cret' },
    asks: /^POST \/ .*authorization: AWS4-HMAC-SHA256 Credential=AKIAS3CRET\/\d{8}\/eu-west-1\/monitoring\/aws4_request, .*x-amz-target: GraniteServiceVersion20100801.GetMetricData/,
    number: cloudwatch(metric([0.25, 9])),
    empty: cloudwatch(),
    nothing: [cloudwatch(metric([])), cloudwatch(metric(['NaN']))],
    several: cloudwatch(metric([1]), metric([2])),
    badQuery: json({ __type: 'com.amazonaws#ValidationError', message: 'the expression is invalid' }, 400),
  },
  {
    title: 'http with json',
    signal: (url) => ({
      name: 's',
      source: 'http',
      url: `${url}/stats?subset={{canary}}`,
      method: 'GET',
      json: '$.data[0].value',
      ...limits,
    }),
    secrets: {},
    asks: /^GET \/stats\?subset=green /,
    number: json({ data: [{ value: 0.25 }] }),
    empty: json({ data: [] }),
    nothing: [json({ data: [{ value: null }] }), json({ data: [{ value: 'NaN' }] })],
    several: json({ data: [{ value: [1, 2] }] }),
    badQuery: { status: 404, body: 'nothing here' },
  },
];
