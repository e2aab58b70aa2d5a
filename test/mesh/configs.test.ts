import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Serving, serve } from '../../src/server/http.js';
import { createMetrics, type Metrics } from '../../src/server/metrics.js';
import { ROOT } from '../plan/root.js';
import { makeFinding, makeSnapshot } from '../server/snapshots.js';
import { makeRollout } from '../support/world.js';
import { type Prometheus, startPrometheus } from './prometheus.js';
import { findTool } from './tools/find.js';
import { until } from './until.js';

const CONFIGS = join(ROOT, 'configs');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(readFileSync(join(CONFIGS, 'grafana-dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
};

describe('configs/alerts.yaml', () => {
  const promtool = (...args: readonly string[]) => promisify(execFile)(findTool('promtool'), args, { cwd: CONFIGS });

  it('is what promtool takes for rules', async () => {
    const { stdout } = await promtool('check', 'rules', 'alerts.yaml');
    expect(stdout).to.match(/SUCCESS: \d+ rules found/);
  });

  it('fires when it should and is silent when it should not, by promtool and alerts.test.yaml', async () => {
    const { stdout } = await promtool('test', 'rules', 'alerts.test.yaml');
    expect(stdout).to.include('SUCCESS');
  });

  it('has a test that sees each rule fire', () => {
    const rules = [...readFileSync(join(CONFIGS, 'alerts.yaml'), 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const tests = readFileSync(join(CONFIGS, 'alerts.test.yaml'), 'utf8');
    const fired = [...tests.matchAll(/alertname: (\w+)\n +exp_alerts:\n/g)].map(([, name]) => name);
    expect(rules).to.not.be.empty;
    expect([...new Set(fired)]).to.have.members(rules);
  });
});

describe('configs/grafana-dashboard.json', () => {
  let server: Serving;
  let prometheus: Prometheus;
  const stop = new AbortController();

  before(async () => {
    const metrics = createMetrics(() => SNAPSHOTS, { version: '0.0.0' });
    metrics.members(3);
    metrics.consulTrouble(undefined);
    server = await serve({
      port: 0,
      metrics,
      health: { sinceTurn: () => 0, readiness: () => ({ consul: true, membership: true, list: true }) },
    });
    prometheus = await startPrometheus([new URL(server.address).host]);
    void keepBusy(metrics, stop.signal);
  });
  after(async () => {
    stop.abort();
    await prometheus?.stop();
    await server?.close();
  });

  const queries = [
    ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
    ...dashboard.annotations.list.map(({ name, expr }) => [`annotation ${name}`, expr] as const),
  ];
  for (const [title, expr] of queries)
    it(`gets data from a real Prometheus: ${title}: ${expr}`, async () => {
      const query = expr.replaceAll('$service', '.*').replaceAll('$__rate_interval', '10s').replaceAll('$__range', '1h');
      const samples = await until(`data for ${query}`, 20_000, async () => {
        const answer = await prometheus.query(query);
        return answer.length > 0 && answer.every(({ value }) => Number.isFinite(value)) && answer;
      });
      expect(samples).to.not.be.empty;
    });

  it('shows the numbers that the controller has', async () => {
    const [weight] = await prometheus.query('splitter_rollout_weight{service="payments",subset="green",kind="observed"}');
    expect(weight?.value).to.equal(9.88);
    const [held] = await prometheus.query('sum(max by (service) (splitter_rollout_info{phase="Paused"}))');
    expect(held?.value).to.equal(1);
  });

  it('has a panel for each id, none over another, each with a query', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    const overlaps = panels.flatMap((a, i) =>
      panels
        .slice(i + 1)
        .filter((b) => touches(a, b))
        .map((b) => [a.title, b.title]),
    );
    expect(overlaps).to.deep.equal([]);
    expect(panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0)).to.deep.equal([]);
  });
});

const SNAPSHOTS = [
  makeSnapshot(),
  makeSnapshot({
    service: 'orders',
    rollout: makeRollout(25, { state: { phase: 'Paused', reason: 'Drift', step: 1 } }),
    findings: [makeFinding({ verdict: 'Inconclusive', value: null })],
  }),
  makeSnapshot({ service: 'stock', rollout: makeRollout(0, { state: { phase: 'Reverted', reason: 'SignalFailed', step: 1 } }) }),
];

/** What goes on in a controller all the time. */
async function keepBusy(metrics: Metrics, abort: AbortSignal): Promise<void> {
  metrics.reverted('stock', 'SignalFailed');
  metrics.ended('reverted', 300);
  metrics.ended('promoted', 3_000);
  while (!abort.aborted) {
    metrics.decided(20);
    metrics.consulRequest({ method: 'GET', kind: 'watch', outcome: 'ok', seconds: 5 });
    metrics.consulRequest({ method: 'PUT', kind: 'config', outcome: 'ok', seconds: 0.01 });
    metrics.casConflict('orders');
    await sleep(200);
  }
}

function touches({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
