import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { versionFilter } from '../../src/core/versions.js';
import { checkFilter } from '../../src/plan/filter.js';
import { readPlan } from '../../src/plan/read.js';
import { printHcl } from './print-hcl.js';

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
  fc.constantFrom({ filter: 'Service.Meta.version == "2"' }, { filter: '"a" in Service.Tags and\n not Node.Meta.x is empty' }),
);
const SIGNAL = fc.oneof(
  fc.record({
    source: fc.constant('envoy'),
    metric: fc.constant('errors'),
    max: fc.constantFrom<string | number>('0.5%', 1, 0.25),
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
);
const STEPS = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }), fc.array(DURATION), fc.boolean())
  .map(([points, pauses, ramps]) => {
    const weights = points.sort((a, b) => a - b).map((p) => p / 100);
    const steps: unknown[] = weights.flatMap((weight, i) => [
      { weight },
      ...(pauses[i] === undefined ? [{ pause: {} }] : [{ pause: pauses[i] }]),
    ]);
    if (ramps) steps.push({ run: { command: ['./smoke.sh'], on_failure: 'hold' } });
    if (ramps) steps.push({ ramp: { to: 100, by: 12.5, every: '90s' } });
    return [{ wait: { healthy: 2 } }, ...steps];
  });
const PLAN = fc
  .record(
    {
      service: NAME,
      names: fc.uniqueArray(NAME, { minLength: 3, maxLength: 3 }),
      picks: fc.tuple(SUBSET, SUBSET, SUBSET),
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
      dark: fc.boolean(),
    },
    { requiredKeys: ['service', 'names', 'picks', 'steps', 'signals', 'dark'] },
  )
  .map(({ names, picks, dark, signals, ...rest }) => ({
    ...rest,
    subsets: { [names[0]!]: picks[0], [names[1]!]: picks[1] },
    stable: names[1]!,
    ...(dark ? { legs: { [names[2]!]: { ...picks[2], weight: 0 } } } : {}),
    signals: signals.map((signal, i) => ({ name: `s${i}`, ...signal })),
  }));

describe('the two languages of a plan', () => {
  it('give any plan the same digest', async () => {
    await fc.assert(
      fc.asyncProperty(PLAN, async (plan) => {
        const read = [
          await readPlan(stringify(plan), 'p.yaml'),
          await readPlan(JSON.stringify(plan), 'p.json'),
          await readPlan(printHcl(plan), 'p.hcl'),
        ];
        for (const { diagnostics } of read) expect(diagnostics.filter((d) => d.severity === 'error')).to.deep.equal([]);
        const [yaml, json, hcl] = read.map(({ plans }) => plans[0]!);
        expect(json!.canonical).to.equal(yaml!.canonical);
        expect(hcl!.canonical).to.equal(yaml!.canonical);
        expect(hcl!.digest).to.equal(yaml!.digest);
      }),
      { numRuns: 150 },
    );
  });

  it('never throw, whatever the text, and place every complaint in it', async () => {
    const word = fc.constantFrom(
      ...'service: |x|\n|  |- |{|}|[|]|"|\'|rollout "x" {|subset "a" {|= |version|steps|weight|${|<<EOT\n|EOT|#|/*|&a |*a |!!x |? |: |,|\t|\\|1.10|__proto__|: null|step {'.split(
        '|',
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 25 }).map((words) => words.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('p.yaml', 'p.hcl', '-'), async (source, file) => {
        const { diagnostics } = await readPlan(source, file);
        const lines = source.split('\n');
        expect(diagnostics.length).to.be.above(0);
        for (const d of diagnostics) {
          expect(d.line).to.be.within(1, lines.length);
          expect(d.column).to.be.within(1, (lines[d.line - 1]?.length ?? 0) + 1);
          expect(d.message).to.not.equal('');
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never throw on a mistake anywhere in a good plan', async () => {
    await fc.assert(
      fc.asyncProperty(PLAN, fc.nat(), fc.nat({ max: 3 }), fc.boolean(), async (plan, at, cut, hcl) => {
        const text = hcl ? printHcl(plan) : stringify(plan);
        const place = at % text.length;
        const { plans, diagnostics } = await readPlan(
          text.slice(0, place) + text.slice(place + cut + 1),
          hcl ? 'p.hcl' : 'p.yaml',
        );
        expect(plans.length + diagnostics.length).to.be.above(0);
      }),
      { numRuns: 200 },
    );
  });
});
