import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FakePrometheus, type FakeSeries, pastLabels } from '../signals/fake-prometheus.js';
import { refusingAddress } from '../signals/fakes.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps: [{ weight: 10 }, { pause: 5m }, { weight: 100 }]
signals:
  - { name: errors, source: envoy, metric: errors, max: 0.5% }
`;
const SLOW = '  - { name: slow, source: envoy, metric: latency, over: 700ms, max: 5% }\n';
const SCALAR = '  - { name: queue, source: prometheus, query: queue_length, max: 10, interval: 30s, failure_limit: 1 }\n';
const PROBE =
  '  - { name: probe, source: http, url: "http://127.0.0.1:1/" }\n  - { name: alive, source: consul, min_healthy: 1 }\n';
const RANGE = '--from 2025-11-21T12:00:00Z --to 2025-11-21T13:00:00Z';
/** Long ago, for a replay refuses the future. */
const NOON = Date.UTC(2025, 10, 21, 12);
const BROKE = NOON + 1_800_000;

/** A counter that grows by so much a second from a time on. */
function counter(name: string, subset: string, more: Record<string, string>, rate: (at: number) => number): FakeSeries {
  const totals = new Map<number, number>();
  return {
    labels: pastLabels(name, subset, more),
    valueAt: (at) => {
      let total = totals.get(at - 1_000);
      if (total === undefined) {
        total = 0;
        for (let second = NOON; second < at; second += 1_000) total += rate(second);
      } else total += rate(at - 1_000);
      totals.set(at, total);
      return Math.round(total);
    },
  };
}

/** Ten requests a second to green of which a tenth fails after half an hour, and ninety to blue. */
function broken(): FakeSeries[] {
  const classes = (subset: string, digit: string, rate: (at: number) => number): FakeSeries =>
    counter('upstream_rq_xx', subset, { envoy_response_code_class: digit }, rate);
  const bad = classes('green', '5', (at) => (at < BROKE ? 0 : 1));
  return [
    classes('green', '2', (at) => (at < BROKE ? 10 : 9)),
    // A 5xx series is born with the first 5xx.
    { ...bad, valueAt: (at) => (at <= BROKE ? undefined : bad.valueAt(at)) },
    classes('blue', '2', () => 90),
    // All that was sent was answered.
    ...['total', 'completed', 'active'].flatMap((name) => [
      counter(`upstream_rq_${name}`, 'green', {}, () => (name === 'active' ? 0 : 10)),
      counter(`upstream_rq_${name}`, 'blue', {}, () => (name === 'active' ? 0 : 90)),
    ]),
  ];
}

describe('splitter replay', () => {
  const prometheus = new FakePrometheus();
  // Port 1 answers nobody: a replay that asked Consul would fail.
  const shell = new Shell('http://127.0.0.1:1');
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
    await prometheus.start();
  });
  after(async () => {
    await prometheus.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    prometheus.series = broken();
    prometheus.answers = {};
    prometheus.calls.length = 0;
  });

  const replay = (flags: string, plan = PLAN) => shell.run(`replay - --prometheus ${prometheus.url} ${flags}`, plan);

  it('ends with 3 and says when, by what, and how many requests had failed', async () => {
    const { code, out, err } = await replay(RANGE);
    expect(code).to.equal(3);
    expect(err).to.equal('');
    expect(out).to.match(/would have reverted at 2025-11-21T12:30:15Z, 30m15s in, by\s+errors/);
    expect(out).to.match(/by then: 15 of 18,150 canary requests failed/);
    expect(out).to.match(/the bound is\s+0\.5%\s+\(evidence/);
    expect(out).to.match(/^ {2}evidence {2}▁+.?X$/m);
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  it('ends with 0 where all was well', async () => {
    const { code, out } = await replay('--from 2025-11-21T12:00:00Z --to 2025-11-21T12:20:00Z');
    expect(code).to.equal(0);
    expect(out).to.match(/This plan would not have reverted\./);
    expect(out).to.match(/0 of 12,000 canary requests failed/);
  });

  it('is recorded and replayed offline with the same result', async () => {
    const file = join(folder, 'recorded.json');
    prometheus.answers.queue_length = [{ labels: {}, valueAt: (at) => (at < BROKE ? 5 : 50) }];
    const live = await replay(`${RANGE} --record ${file} -o json`, PLAN + SCALAR);
    expect(live.err).to.match(/recorded in /);
    const again = await shell.run(`replay - --file ${file} -o json`, PLAN + SCALAR);
    expect([live.code, again.code]).to.deep.equal([3, 3]);
    expect(JSON.parse(again.out)).to.deep.equal(JSON.parse(live.out));
    expect(JSON.parse(live.out)).to.deep.include({ wouldRevert: true, by: 'errors', at: '2025-11-21T12:30:15.000Z' });
  });

  it('judges the query of a number at its own interval', async () => {
    prometheus.answers.queue_length = [{ labels: {}, valueAt: (at) => (at < BROKE ? 5 : 50) }];
    prometheus.series = [];
    const { code, out } = await replay(`${RANGE} -o json`, PLAN + SCALAR);
    const [errors, queue] = JSON.parse(out).signals;
    expect(code).to.equal(3);
    expect(errors).to.include({ replayed: false });
    expect(errors.why).to.match(/^no series match envoy_cluster_upstream_rq_xx\{/);
    expect(queue).to.include({ looks: 121, failedAt: '2025-11-21T12:30:30.000Z', bad: 2, total: 62 });
    expect(prometheus.calls.find(({ query }) => query === 'queue_length')).to.include({ step: 30 });
  });

  it('compares a number with stable, and makes one of several series where the plan says how', async () => {
    const compared =
      '  - { name: slower, source: prometheus, query: \'queue{s="{{subset}}"}\', compare: stable, margin: 0, reduce: max, interval: 30s }\n';
    prometheus.series = [];
    prometheus.answers['queue{s="green"}'] = [3, 9].map((more) => ({
      labels: { pod: String(more) },
      valueAt: (at) => (at < BROKE ? 0 : more),
    }));
    prometheus.answers['queue{s="blue"}'] = [{ labels: {}, valueAt: () => 4 }];
    const file = join(folder, 'compared.json');
    const plan = PLAN + compared;
    const live = await replay(`${RANGE} --record ${file} -o json`, plan);
    expect(live.code).to.equal(3);
    const [, slower] = JSON.parse(live.out).signals;
    expect(slower).to.include({ name: 'slower', bound: '<= stable', looks: 121, value: '9' });
    expect(slower.failure).to.match(/^canary was higher than stable in .* measurements \(now 9, stable 4\)/);
    const again = await shell.run(`replay - --file ${file} -o json`, plan);
    expect(JSON.parse(again.out).signals[1]).to.deep.equal(slower);
    const { out } = await shell.run(`replay - --file ${file}`, plan);
    expect(out).to.match(/^ {2}evidence .*X$/m);
    expect(out.replace(/\s+/g, ' ')).to.match(/by then: \d+ of \d+ measurements were worse than allowed beside stable/);
    const other = await shell.run(`replay - --file ${file}`, PLAN + SCALAR.replace('queue,', 'slower,'));
    expect(other.err).to.match(/slower is a single value, and the recording has values of both subsets/);
  });

  it('takes nothing back by a dry run, and marks it', async () => {
    const { code, out } = await replay(RANGE, PLAN.replace('max: 0.5%', 'max: 0.5%, dry_run: true'));
    expect(code).to.equal(0);
    expect(out).to.match(/This plan would not have reverted\./);
    expect(out).to.match(/^errors \(dry run\) {2}<= 0\.5% {2}Failed at/m);
  });

  it('reads slow requests from the bucket that a driver would read, as Prometheus 2 or 3 writes it', async () => {
    const bucket = (subset: string, le: string, rate: (at: number) => number): FakeSeries =>
      counter('upstream_rq_time_bucket', subset, { le }, rate);
    prometheus.series = [
      bucket('green', '250.0', () => 1),
      bucket('green', '500.0', (at) => (at < BROKE ? 10 : 5)),
      bucket('green', '1000.0', () => 10),
      bucket('green', '+Inf', () => 10),
      counter('upstream_rq_time_count', 'green', {}, () => 10),
      ...broken().slice(0, 1),
    ];
    const { code, out } = await replay(`${RANGE} -o json`, PLAN + SLOW);
    const [, slow] = JSON.parse(out).signals;
    expect(code).to.equal(3);
    expect(slow).to.include({ name: 'slow', failedAt: '2025-11-21T12:30:15.000Z', bad: 75, total: 18_150 });
    const asked = prometheus.calls.filter(({ query }) => query.includes('time_bucket') && !query.startsWith('group'));
    expect(asked.map(({ query }) => /le=~"([^"]*)"/.exec(query)?.[1])).to.deep.equal(['500\\\\.0']);
  });

  it('counts a restarted sidecar from zero and a new one from its first look on', async () => {
    const restart = NOON + 600_000;
    const steady = counter('upstream_rq_xx', 'green', { envoy_response_code_class: '2' }, () => 10);
    prometheus.series = [
      { ...steady, valueAt: (at) => (at < restart ? steady.valueAt(at) : steady.valueAt(NOON + at - restart)) },
      {
        labels: pastLabels('upstream_rq_xx', 'green', { envoy_response_code_class: '5' }, '10.0.0.2:9102'),
        valueAt: (at) => (at < restart ? undefined : 1_000),
      },
    ];
    const { code, out } = await replay('--from 2025-11-21T12:00:00Z --to 2025-11-21T12:20:00Z -o json');
    expect(code).to.equal(0);
    expect(JSON.parse(out).signals[0]).to.include({ bad: 0, total: 11_850 });
  });

  it('fetches long ranges in parts that Prometheus does not refuse, each look once', async () => {
    const { code } = await replay(`${RANGE} --step 1s -o json`);
    expect(code).to.equal(3);
    const asked = prometheus.calls.filter(({ query }) => query.includes('upstream_rq_xx'));
    expect(asked.map(({ start, end }) => [start - NOON / 1_000, end - NOON / 1_000])).to.deep.equal([
      [0, 1_999],
      [2_000, 3_600],
    ]);
  });

  describe('of gRPC', () => {
    const status = (code: string, rate: (at: number) => number): FakeSeries =>
      counter(`grpc_bank_Books_Balance_${code}`, 'green', {}, rate);
    const born = ({ labels, valueAt }: FakeSeries): FakeSeries => ({
      labels,
      valueAt: (at) => (at <= BROKE ? undefined : valueAt(at)),
    });

    beforeEach(() => {
      // HTTP 200, whatever happens.
      prometheus.series = [
        counter('upstream_rq_xx', 'green', { envoy_response_code_class: '2' }, () => 10),
        status('0', (at) => (at < BROKE ? 10 : 8)),
        born(status('14', (at) => (at < BROKE ? 0 : 1))),
        born(status('5', (at) => (at < BROKE ? 0 : 1))),
        counter('upstream_rq_xx', 'blue', { envoy_response_code_class: '2' }, () => 90),
        counter('grpc_bank_Books_Balance_0', 'blue', {}, () => 90),
      ];
    });

    it('is judged by its statuses, of which only some are the server’s fault', async () => {
      const { code, out } = await replay(`${RANGE} -o json`);
      expect(code).to.equal(3);
      expect(JSON.parse(out).signals[0]).to.include({ failedAt: '2025-11-21T12:30:15.000Z', bad: 15, total: 18_150 });
    });

    it('is no data where nobody counted a status', async () => {
      prometheus.series = prometheus.series.filter(({ labels }) => !labels.__name__!.includes('grpc'));
      const { code, out } = await replay(`${RANGE} -o json`, `${PLAN}protocol: grpc\n`);
      expect(code).to.equal(0);
      expect(JSON.parse(out).signals[0].verdict).to.equal('Inconclusive');
      expect(JSON.parse(out).signals[0].message).to.match(/no sidecar has counted a gRPC status/);
    });
  });

  it('takes another subset for the canary', async () => {
    const { code, out } = await replay(`${RANGE} --canary blue -o json`);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.include({ canary: 'blue', stable: 'green' });
    expect((await replay(`${RANGE} --canary red`)).err).to.match(/--canary red is no subset .*\n {2}-> one of: blue, green/);
  });

  it('says which signals have no past', async () => {
    const { out } = await replay(RANGE, PLAN + PROBE);
    expect(out).to.match(/of\s+4\s+signals,\s+2\s+could\s+not\s+be\s+replayed/);
    expect(out).to.match(/probe {2}any 2xx {2}not replayed\n {2}http: nobody recorded/);
    expect(out).to.match(/consul: Consul keeps no record/);
    const { code, err } = await replay(RANGE, PLAN.replace(/ {2}- \{ name: errors.*\n/, PROBE));
    expect(code).to.equal(1);
    expect(err).to.match(/no signal of the plan can be replayed/);
  });

  it('ends with 1 where there are no series at all', async () => {
    prometheus.series = [];
    const { code, err } = await replay(RANGE);
    expect(code).to.equal(1);
    expect(err).to.match(/errors: no series match .*does Prometheus scrape the callers of payments/);
  });

  it('ends with 6 where the plan is not valid', async () => {
    expect((await replay(RANGE, PLAN.replace('steps', 'stops'))).code).to.equal(6);
  });

  it('says what Prometheus says, and that it does not answer', async () => {
    const refused = await replay(RANGE, PLAN + SCALAR.replace('queue_length', 'sum(('));
    expect(refused.code).to.equal(1);
    expect(refused.err).to.match(/HTTP 400: invalid parameter "query".*\(asked: sum\(\(\)/);
    const dead = await shell.run(`replay - --prometheus http://${await refusingAddress()} ${RANGE}`, PLAN);
    expect(dead.code).to.equal(1);
    expect(dead.err).to.match(/cannot be asked: connection refused\n {2}-> /);
  });

  const mistakes: readonly [string, RegExp][] = [
    ['', /--from is missing/],
    ['--from yesterday', /--from yesterday is no time/],
    ['--from -2h --to soon', /--to soon is no time/],
    ['--from -1h --to -2h', /the range is empty/],
    ['--from 2999-01-01T00:00:00Z', /is in the future/],
    ['--from -10s', /one look only/],
    ['--from -2h --step 100ms', /--step 100ms is no duration of at least 1s/],
    ['--from 2020-01-01T00:00:00Z --to 2021-01-01T00:00:00Z --step 1s', /looks, and 1000000 is the most/],
    ['--file x.json', /--prometheus goes with|--file replays all/],
  ];
  for (const [flags, message] of mistakes)
    it(`refuses "${flags}" and says what to type`, async () => {
      const { code, err } = await replay(flags);
      expect(code).to.equal(1);
      expect(err).to.match(message).and.match(/-> /);
    });

  it('refuses files that are no recording of this plan', async () => {
    const file = join(folder, 'other.json');
    const run = async (text: string) => {
      await writeFile(file, text);
      return shell.run(`replay - --file ${file}`, PLAN);
    };
    expect((await run('{"signals":{"errors":[{"at":1,"value":2}]}}')).err).to.match(/errors counts requests, and the recording/);
    expect((await run('{"signals":{}}')).err).to.match(/errors: .* has no readings of it/);
    expect((await run('{')).err).to.match(/is no recording: line 1: is no JSON/);
    expect((await shell.run(`replay - --file ${folder}/none`, PLAN)).err).to.match(/cannot be read \(ENOENT\)/);
    expect((await shell.run('replay -', PLAN)).err).to.match(/neither --prometheus nor --file/);
  });

  it('writes recordings that people can read', async () => {
    const file = join(folder, 'lines.json');
    await replay(`--from 2025-11-21T12:00:00Z --to 2025-11-21T12:01:00Z --record ${file}`);
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines[5]).to.equal(
      '      {"at":"2025-11-21T12:00:15.000Z","canary":{"bad":0,"total":150},"stable":{"bad":0,"total":1350}},',
    );
  });
});
