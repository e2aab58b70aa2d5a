import fc from 'fast-check';
import { versionFilter, versionOf } from '../../src/core/versions.js';
import { checkFilter } from '../../src/plan/filter.js';

/** `${` and `%{` begin a template in HCL; how they are escaped is told by tables elsewhere. */
const isNoTemplate = (text: string): boolean => !/[$%]\{/.test(text);

const NAME = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const DURATION = fc
  .tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom('ms', 's', 'm', 'h'))
  .map(([n, unit]) => `${n}${unit}`);
const VERSION = fc
  .oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.string({ minLength: 1 }),
    fc.constantFrom('1.10', '2', 'true', '$' + '{x}', '%{if}', '~', '0x10'),
  )
  .filter((version) => checkFilter(versionFilter(version)).length === 0 && version !== 'auto');
const SUBSET = fc.oneof(
  VERSION.map((version) => ({ version })),
  fc.constantFrom({ filter: 'Service.Meta.version == "2"' }, { filter: '"a" in Service.Tags and\n "x" not in Node.Meta' }),
);
/** What tells two subsets apart, in whatever spelling. */
function pickOf(subset: { version: string } | { filter: string }): string {
  return 'version' in subset ? subset.version : (versionOf(subset.filter) ?? subset.filter);
}

const SIGNAL = fc.oneof(
  fc.record({
    source: fc.constant('envoy'),
    metric: fc.constant('errors'),
    max: fc.oneof(
      fc.constantFrom<string | number>('0.5%', 1, 0.25, 33.333333333333336),
      fc.double({ min: 0, max: 100, noNaN: true }).filter((x) => !Object.is(x, -0)),
    ),
  }),
  fc.record({
    source: fc.constant('envoy'),
    metric: fc.constant('latency'),
    over: DURATION,
    compare: fc.constant('stable'),
    margin: fc.constant(0.2),
  }),
  fc.record(
    {
      source: fc.constant('prometheus'),
      query: fc.string({ minLength: 1 }).filter(isNoTemplate),
      max: fc.integer(),
      interval: DURATION,
    },
    { requiredKeys: ['source', 'query', 'max'] },
  ),
  fc.record({
    source: fc.constant('prometheus'),
    query: fc.constant('max by (x) (q{s="{{subset}}"})'),
    compare: fc.constant('stable'),
    margin: fc.nat(9),
    worse: fc.constantFrom('higher', 'lower'),
    reduce: fc.constantFrom('max', 'median'),
    inconclusive_limit: fc.nat(3),
    dry_run: fc.boolean(),
  }),
  fc.record({
    source: fc.constant('http'),
    url: fc.constant('http://127.0.0.1/x?a=%20'),
    expect: fc.constantFrom<unknown>(200, [200, 204]),
  }),
  fc.constant({ source: 'exec', command: ['./check.sh', '{{canary}}'], max: 3, timeout: '2s' }),
  fc.record({ source: fc.constant('consul'), min_healthy: fc.integer({ min: 1, max: 9 }) }),
  fc.constantFrom<Record<string, unknown>>(
    {
      source: 'newrelic',
      nrql: "SELECT count(*) FROM T WHERE v = '{{canary}}'",
      account: 7,
      region: 'eu',
      max: 0,
      timeout: '9s',
    },
    { source: 'datadog', query: 'sum:e{version:{{canary}}}.as_count()', window: '10m', app_key_file: '/run/app', min: 1 },
    { source: 'influxdb', query: 'from(bucket: "b") |> last()', org: 'o', token_file: '/run/token', max: 1 },
    { source: 'graphite', query: 'a.{{subset}}.*', compare: 'stable', margin: 2, reduce: 'max', dry_run: true },
    { source: 'graphite', query: 'sumSeries(a.*.{{canary}})', url: 'http://127.0.0.1:81', max: 1, consecutive: 2 },
    {
      source: 'cloudwatch',
      query: 'm1 / m2',
      metrics: {
        m1: {
          namespace: 'AWS/ApplicationELB',
          metric: 'HTTPCode_Target_5XX_Count',
          stat: 'Sum',
          dimensions: { TargetGroup: 't' },
        },
        m2: { namespace: 'AWS/ApplicationELB', metric: 'RequestCount', stat: 'Sum' },
      },
      max: 0.01,
    },
    { source: 'http', url: 'http://127.0.0.1/x?s={{canary}}', json: "$.data[0]['a.b']", max: 1, token_file: '/run/token' },
  ),
);
const PROGRAM = fc.constantFrom<Record<string, unknown>>(
  { command: ['./x', '-a b', '$(c)'], timeout: '5s' },
  { url: 'https://127.0.0.1/hook', method: 'PUT' },
);
const CHANNEL = fc.constantFrom<unknown>(
  { slack: { webhook_file: '/run/slack' } },
  { slack: { webhook_env: 'SLACK_URL' }, on: ['step', 'started'] },
  { webhook: { url: 'http://127.0.0.1/in', token_file: '/run/token' } },
  { webhook: { url_env: 'HOOK', headers: { 'X-Api-Key': { env: 'KEY' }, 'x-team': { file: '/run/team' } } }, on: ['reverted'] },
  { webhook: { url_file: '/run/hook', secret_env: 'SIGNING' } },
  { teams: { webhook_env: 'TEAMS_URL' }, on: ['resumed', 'stuck'] },
  { teams: { webhook_file: '/run/teams', format: 'card' } },
  { discord: { webhook_file: '/run/discord' } },
  { pagerduty: { routing_key_env: 'PD_KEY', url: 'https://events.eu.pagerduty.com' } },
);
const STEPS = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }), fc.array(DURATION), fc.boolean())
  .map(([points, pauses, ramps]) => {
    const weights = points.sort((a, b) => a - b).map((p) => p / 100);
    const steps: unknown[] = weights.flatMap((weight, i) => [
      { weight },
      { pause: pauses[i] ?? (i % 2 === 0 ? {} : { deadline: '10m' }) },
    ]);
    if (ramps) steps.unshift({ run: { command: ['./deploy.sh'], deploys: true } });
    if (ramps) steps.push({ run: { command: ['./smoke.sh'], on_failure: 'hold' } });
    if (ramps) steps.push({ ramp: { to: 100, by: 12.5, every: '90s' } });
    return [{ wait: { healthy: 2 } }, ...steps];
  });
const SCHEDULE = fc.record(
  {
    start: fc.constantFrom<unknown>(
      { cron: '0 9 * * 1-5', timezone: 'Europe/Paris', catch_up: '90m' },
      { cron: '*/5 * * * *' },
      { at: '2026-12-01T09:00:00.5+01:00' },
    ),
    windows: fc.constantFrom<unknown>(
      [{ days: ['mon', 'thu'], from: '09:00', to: '16:30', timezone: 'Europe/Paris' }],
      [
        { from: '22:00', to: '04:00' },
        { days: ['sun'], from: '00:00', to: '24:00' },
      ],
    ),
    freeze: fc.constant([
      { from: '2026-12-20', to: '2027-01-03', reason: 'holidays' },
      { from: '2026-12-20T18:00:00Z', to: '2026-12-21', timezone: 'Asia/Tokyo' },
    ]),
  },
  { requiredKeys: ['start'] },
);
/** Every plan that the schema takes, near enough, as YAML would hold it. */
export const ANY_PLAN = fc
  .record(
    {
      service: NAME,
      names: fc.uniqueArray(NAME, { minLength: 3, maxLength: 3 }),
      picks: fc.uniqueArray(SUBSET, { minLength: 3, maxLength: 3, selector: pickOf }),
      steps: STEPS,
      protocol: fc.constantFrom('http', 'http2', 'grpc'),
      bake: DURATION,
      signals: fc.array(SIGNAL, { minLength: 1, maxLength: 4 }),
      callers: fc.array(NAME),
      notify: fc.uniqueArray(CHANNEL, { minLength: 1, selector: (channel) => JSON.stringify(channel) }),
      on: fc.record({ drift: fc.constantFrom('hold', 'adopt'), no_data: fc.constantFrom('wait', 'revert') }),
      route: fc.constantFrom<unknown>(
        { header: { name: 'x-canary', value: '1' } },
        { cookie: { name: 'c', value: 'v' }, sticky: true },
        { sticky: { for: '30m' } },
      ),
      hooks: fc.dictionary(fc.constantFrom('before_start', 'after_step', 'after_revert'), PROGRAM),
      checks: fc.uniqueArray(NAME, { maxLength: 2 }).map((found) => found.map((name) => ({ name, url: 'http://127.0.0.1/ok' }))),
      schedule: SCHEDULE,
      waves: fc.constantFrom(
        [{ name: 'eu', address: 'https://eu:8501', datacenter: 'eu', token_file: '/t', ca_file: '/ca' }],
        [
          { name: 'eu', address: 'eu:8500' },
          { name: 'us', address: 'us:8500', tls_server_name: 'us' },
        ],
      ),
      capacity: fc.constant({ max_ratio: 1.5 }),
      datacenters: fc.uniqueArray(NAME, { minLength: 1, maxLength: 3 }),
      metrics: fc.constantFrom(
        { port_meta: 'metrics_port' },
        { path: '/stats/prometheus', tls: {} },
        { port_meta: 'p', tls: { ca_file: '/ca.pem', cert_file: '/c.pem', key_file: '/k.pem', server_name: 'envoy' } },
      ),
      coverage: fc.constantFrom({ min: '95%' }, { min: 12.5, on_low: 'report' }),
      deadline: DURATION,
      undo_window: fc.constantFrom('0', '36h', '1d'),
      datacenter: NAME,
      dark: fc.boolean(),
      darkIn: fc.boolean(),
    },
    { requiredKeys: ['service', 'names', 'picks', 'steps', 'signals', 'dark', 'darkIn'] },
  )
  .map(({ names, picks, dark, darkIn, signals, ...rest }) => ({
    ...rest,
    // A further leg may be told among the subsets too, at any place.
    subsets: {
      [names[0]!]: picks[0]!,
      ...(dark && darkIn ? { [names[2]!]: picks[2]! } : {}),
      [names[1]!]: picks[1]!,
    },
    stable: names[1]!,
    ...(dark ? { legs: { [names[2]!]: { ...(darkIn ? {} : picks[2]), weight: 0 } } } : {}),
    signals: signals.map((signal, i) => ({ name: `s${i}`, ...signal })),
  }));
