import { expect } from 'chai';
import type { RolloutSnapshot } from '../../src/controller/snapshot.js';
import { createMetrics } from '../../src/server/metrics.js';
import { makeRollout, NOON } from '../support/world.js';
import { makeFinding, makeSnapshot } from './snapshots.js';

function metricsOf(snapshots: readonly RolloutSnapshot[] = []) {
  return createMetrics(() => snapshots, { version: '1.2.3', now: () => NOON });
}

/** Lines of these metrics, without comments. */
async function scrape(metrics: { text(): Promise<string> }, name: string): Promise<readonly string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
}

const told = (snapshots: readonly RolloutSnapshot[], name: string) => scrape(metricsOf(snapshots), name);

describe('the metrics of rollouts', () => {
  it('tell phase, reason, and the three weights of each subset in percent', async () => {
    expect(await told([makeSnapshot()], 'splitter_rollout')).to.deep.equal([
      'splitter_rollout_info{service="payments",phase="Progressing",reason="Stepping"} 1',
      'splitter_rollout_weight{service="payments",subset="blue",kind="asked"} 90',
      'splitter_rollout_weight{service="payments",subset="blue",kind="stored"} 90',
      'splitter_rollout_weight{service="payments",subset="blue",kind="observed"} 90.12',
      'splitter_rollout_weight{service="payments",subset="green",kind="asked"} 10',
      'splitter_rollout_weight{service="payments",subset="green",kind="stored"} 10',
      'splitter_rollout_weight{service="payments",subset="green",kind="observed"} 9.88',
    ]);
  });

  it('say nothing of what is unknown, and tell a drifted subset that nobody asked for', async () => {
    const { observed: _, ...unseen } = makeSnapshot({ stored: [{ subset: 'pink', weight: 10_000 }] });
    expect(await told([unseen], 'splitter_rollout_weight')).to.deep.equal([
      'splitter_rollout_weight{service="payments",subset="blue",kind="asked"} 90',
      'splitter_rollout_weight{service="payments",subset="blue",kind="stored"} 0',
      'splitter_rollout_weight{service="payments",subset="green",kind="asked"} 10',
      'splitter_rollout_weight{service="payments",subset="green",kind="stored"} 0',
      'splitter_rollout_weight{service="payments",subset="pink",kind="asked"} 0',
      'splitter_rollout_weight{service="payments",subset="pink",kind="stored"} 100',
    ]);
    const { observed: __, ...gone } = makeSnapshot({ stored: [] });
    expect((await told([gone], 'splitter_rollout_weight')).join()).to.not.match(/stored|observed/);
  });

  const values: readonly [value: string | null, metric: string | undefined][] = [
    ['0.52%', '0.52'],
    ['12,345', '12345'],
    ['0.0001', '0.0001'],
    ['passed', '1'],
    ['failed', '0'],
    ['strange', undefined],
    [null, undefined],
  ];
  for (const [value, metric] of values)
    it(`give the value ${value} of a signal as ${metric}`, async () => {
      const lines = await told([makeSnapshot({ findings: [makeFinding({ value })] })], 'splitter_signal');
      const own =
        metric === undefined ? [] : [`splitter_signal_value{service="payments",signal="errors",source="envoy"} ${metric}`];
      expect(lines).to.deep.equal([...own, 'splitter_signal_verdict{service="payments",signal="errors",verdict="Successful"} 1']);
    });

  it('are told by the owner only, once a service, and go with the rollout', async () => {
    const snapshots = [
      makeSnapshot({ service: 'guarded', role: 'guardian' }),
      makeSnapshot({ service: 'others', role: 'other' }),
      makeSnapshot({ service: 'mine' }),
      makeSnapshot({ service: 'mine', rollout: makeRollout(50) }),
    ];
    const metrics = createMetrics(() => snapshots, { version: '1' });
    expect(await scrape(metrics, 'splitter_rollout_info')).to.have.length(1);
    expect(await scrape(metrics, 'splitter_controller_owned')).to.deep.equal(['splitter_controller_owned_rollouts 2']);
    snapshots.length = 0;
    expect(await scrape(metrics, 'splitter_rollout_')).to.satisfy((lines: string[]) =>
      lines.every((line) => !line.includes('mine')),
    );
  });

  it('cannot be broken by a name', async () => {
    const [line] = await told([makeSnapshot({ service: 'a"} 1\nb\\' })], 'splitter_rollout_info');
    expect(line).to.equal('splitter_rollout_info{service="a\\"} 1\\nb\\\\",phase="Progressing",reason="Stepping"} 1');
  });

  it('let the loop turn while many of them are written', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => makeSnapshot({ service: `service-${i}` }));
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    const lines = await told(many, 'splitter_rollout_weight');
    clearInterval(turn);
    expect(lines).to.have.length(12_000);
    expect(turns).to.be.above(0);
  });
});

describe('the metrics of a controller', () => {
  it('count what they are told', async () => {
    const metrics = metricsOf();
    metrics.reverted('payments', 'SignalFailed');
    metrics.casConflict('payments');
    metrics.casConflict('payments');
    metrics.notificationFailed('slack');
    metrics.members(3);
    metrics.plansInvalid(2);
    metrics.frozen(true);
    for (const [name, line] of [
      ['splitter_reverts_total', '{service="payments",reason="SignalFailed"} 1'],
      ['splitter_cas_conflicts_total', '{service="payments"} 2'],
      ['splitter_notification_failures_total', '{channel="slack"} 1'],
      ['splitter_controller_members', ' 3'],
      ['splitter_plans_invalid', ' 2'],
      ['splitter_frozen', ' 1'],
    ] as const)
      expect(await scrape(metrics, name)).to.include(`${name}${line}`);
    expect(await scrape(metrics, 'splitter_build_info')).to.deep.equal([
      `splitter_build_info{version="1.2.3",node="${process.version}"} 1`,
    ]);
  });

  it('know every channel before one fails, so that Prometheus sees the first failure as an increase', async () => {
    expect(await scrape(metricsOf(), 'splitter_notification')).to.deep.equal([
      'splitter_notification_failures_total{channel="slack"} 0',
      'splitter_notification_failures_total{channel="teams"} 0',
      'splitter_notification_failures_total{channel="discord"} 0',
      'splitter_notification_failures_total{channel="pagerduty"} 0',
      'splitter_notification_failures_total{channel="webhook"} 0',
    ]);
  });

  it('put times into buckets from a minute to a week, and requests by kind and outcome', async () => {
    const metrics = metricsOf();
    metrics.decided(-5);
    metrics.decided(400);
    metrics.ended('promoted', 3_600);
    metrics.consulRequest({ method: 'PUT', kind: 'config', outcome: 'lost', seconds: 0.004 });
    const lines = (await metrics.text()).split('\n');
    expect(lines).to.include.members([
      'splitter_decision_lag_seconds_bucket{le="0.01"} 1',
      'splitter_decision_lag_seconds_bucket{le="0.5"} 2',
      'splitter_decision_lag_seconds_count 2',
      'splitter_rollout_duration_seconds_bucket{le="60",outcome="promoted"} 0',
      'splitter_rollout_duration_seconds_bucket{le="3600",outcome="promoted"} 1',
      'splitter_rollout_duration_seconds_bucket{le="604800",outcome="promoted"} 1',
      'splitter_consul_request_seconds_count{method="PUT",kind="config",outcome="lost"} 1',
    ]);
  });

  it('say for how long Consul has been of no use, from the start until its first answer', async () => {
    let now = NOON;
    const metrics = createMetrics(() => [], { version: '1', now: () => now });
    const trouble = async () => [
      ...(await scrape(metrics, 'splitter_consul_up')),
      ...(await scrape(metrics, 'splitter_consul_trouble')),
    ];
    now += 1_500;
    expect(await trouble()).to.deep.equal(['splitter_consul_up 0', 'splitter_consul_trouble_seconds 1.5']);
    metrics.consulTrouble(undefined);
    expect(await trouble()).to.deep.equal(['splitter_consul_up 1', 'splitter_consul_trouble_seconds 0']);
    metrics.consulTrouble(now - 60_000);
    expect(await trouble()).to.deep.equal(['splitter_consul_up 0', 'splitter_consul_trouble_seconds 60']);
  });
});
