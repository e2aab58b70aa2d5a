import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../plan/root.js';
import { planFile } from '../../support/plan-file.js';
import { Shell, until } from '../../support/shell.js';
import { type Load, startLoad } from '../load.js';
import { type Mesh, SERVICE, startMesh } from '../mesh.js';
import { failuresIn, shareOf } from '../outcomes.js';
import { freePort } from '../ports.js';
import { endSplitters } from '../program.js';
import { type Prometheus, startPrometheus } from '../prometheus.js';
import { type JobMetrics, startJobMetrics } from './job-metrics.js';
import { type NewRelic, startNewRelic } from './new-relic.js';
import { Transcript } from './transcript.js';

/** The example itself, its waits shortened: minutes become seconds. */
function shortened(example: string): string {
  return readFileSync(join(ROOT, 'examples', example), 'utf8')
    .replaceAll('[2m]', '[5s]')
    .replaceAll('pause: 5m', 'pause: 3s')
    .replaceAll('for: 1m', 'for: 2s')
    .replaceAll('bake: 2m', 'bake: 2s')
    .replaceAll('interval: 30s', 'interval: 1s');
}

const LONG = 90_000;

describe('the metric gate on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  before(async function () {
    this.timeout(LONG);
    mesh = await startMesh({ versions: ['2'] });
    load = startLoad({ url: mesh.url, rps: 100 });
  });
  after(async () => {
    endSplitters();
    await load?.stop();
    await mesh?.stop();
  });
  const status = () => shell.json(`status ${SERVICE}`);
  const answers = (version: string): Promise<void> =>
    until(`version ${version} answers everything`, () => shareOf(version, load.results().slice(-50)) === 1, LONG);
  const at = (weight: number): Promise<void> =>
    until(`${weight}% are stored`, async () => (await status()).canary?.weight.stored === weight, LONG);

  describe('asked of a real Prometheus, driven by a controller', () => {
    let prometheus: Prometheus;
    let jobs: JobMetrics;
    let plan: string;
    let controller: string;
    before(async function () {
      this.timeout(LONG);
      jobs = await startJobMetrics();
      controller = `127.0.0.1:${await freePort()}`;
      const scraped = { [SERVICE]: [jobs.address], splitter: [controller] };
      prometheus = await startPrometheus([mesh.callerMetrics], undefined, {
        jobs: scraped,
        rules: [join(ROOT, 'configs/alerts.yaml')],
      });
      shell = new Shell(mesh.address, { PROMETHEUS_URL: prometheus.address });
      plan = planFile(shortened('metric-gate.yaml'), 'metric-gate.yaml');
    });
    after(async () => {
      await prometheus?.stop();
      await jobs?.stop();
    });
    const numberOf = async (promql: string): Promise<number | undefined> => (await prometheus.query(promql))[0]?.value;

    it('is a session at a shell', async () => {
      const t = new Transcript('metric-gate', 'The metric gate: a session', mesh.address);
      t.say(
        'The plan is [`examples/metric-gate.yaml`](../../examples/metric-gate.yaml), its waits shortened from minutes to seconds. Version 2 of `payments` serves 100 requests a second, and nothing else runs yet. The first `apply` runs no step: what runs becomes the base line.',
      );
      expect((await t.run(`apply ${plan}`)).code).to.equal(0);
      expect((await t.run(`subsets ${SERVICE}`)).output).to.match(/^blue +stable/m);
      t.say('There is nothing to try yet, and it says so.');
      expect((await t.run(`start ${plan} --foreground`)).output).to.match(/only 2 runs/);
      t.say('A controller runs somewhere, with `PROMETHEUS_URL` set. (Here its log shows what it decided in the whole session.)');
      const run = t.start('run --log-format text', { PROMETHEUS_URL: prometheus.address, SPLITTER_LISTEN: controller });
      await until(
        'the controller lives',
        async () => (await shell.json(`doctor ${SERVICE}`)).checks !== undefined && (await isUp(controller)),
        LONG,
      );

      t.say('Version 3 is deployed. The CI job starts the rollout, and waits for how it ends.');
      await mesh.deploy('3');
      expect((await t.run(`start ${SERVICE}`)).code).to.equal(0);
      const first = await t.run(`status ${SERVICE} --timeout 20m`);
      expect(first.code, first.output).to.equal(0);
      await answers('3');
      expect(failuresIn(load.results()), 'failed requests').to.deep.equal([]);

      t.say('Version 4 is deployed, and a job fails while it has 10%. The job goes red: exit 3.');
      await mesh.deploy('4');
      expect((await t.run(`start ${SERVICE}`)).code).to.equal(0);
      await at(10);
      jobs.failedJobs += 2;
      const second = await t.run(`status ${SERVICE} --timeout 20m`);
      expect(second.code, second.output).to.equal(3);
      expect((await status()).message).to.match(/^deploy-jobs: /);
      await answers('3');
      expect((await t.run(`history ${SERVICE}`)).output).to.match(/deploy-jobs Failed/);
      t.say('Prometheus has the revert from the controller’s `/metrics`, and its rule of `configs/alerts.yaml` fires.');
      await until(
        'the alert fires',
        async () => (await numberOf('ALERTS{alertname="SplitterRolloutReverted",alertstate="firing"}')) === 1,
        LONG,
      );
      t.note(
        `curl -s $PROMETHEUS_URL/api/v1/query?query=ALERTS`,
        (await prometheus.query('ALERTS{alertname="SplitterRolloutReverted"}'))
          .map(({ labels }) => `${labels.alertname} ${labels.alertstate}: ${labels.service} (${labels.reason})`)
          .join('\n'),
      );

      t.say('The job is mended. Once more, and a person who has looked passes the first pause, then everything that is left.');
      await until(
        'the failed jobs are out of the window',
        async () => (await numberOf(`sum(increase(deploy_jobs_total{result="failed"}[5s]))`)) === 0,
        LONG,
      );
      expect((await t.run(`retry ${SERVICE} --detach`)).code).to.equal(0);
      await at(10);
      expect((await t.run(`promote ${SERVICE}`)).code).to.equal(0);
      await at(50);
      t.say(
        'A job that does not wait long enough is told so (exit 4); one that meets a paused rollout is told that a person is needed (exit 5).',
      );
      expect((await t.run(`status ${SERVICE} --timeout 500ms`)).code).to.equal(4);
      expect((await t.run(`pause ${SERVICE}`)).code).to.equal(0);
      expect((await t.run(`status ${SERVICE} --timeout 20m`)).code).to.equal(5);
      expect((await t.run(`promote ${SERVICE} --full`)).code).to.equal(0);
      await answers('4');

      t.say('Days later version 4 turns out to be wrong, and 3 too. Version 2 still runs: all users go back to it in one write.');
      expect((await t.run(`undo ${SERVICE} --to 2`)).code).to.equal(0);
      await answers('2');
      t.say('Another try, and a person who does not like it.');
      expect((await t.run(`start ${SERVICE}`)).code).to.equal(0);
      await at(10);
      expect((await t.run(`remove ${SERVICE}`)).code).to.equal(1);
      expect((await t.run(`abort ${SERVICE}`)).code).to.equal(0);
      expect((await t.run(`status ${SERVICE} --timeout 20m`)).code).to.equal(3);
      await until(
        'the abort is counted',
        async () => ((await numberOf('sum(splitter_reverts_total{reason="Aborted"})')) ?? 0) >= 1,
        LONG,
      );
      t.say('Backing out of it all: the newer versions are stopped, then the split is taken away. No request fails.');
      await answers('2');
      for (const version of ['3', '4']) await mesh.stopVersion(version);
      expect((await t.run(`remove ${SERVICE}`)).code).to.equal(0);
      await answers('2');
      const after = load.results().length;
      await until('300 answers more', () => load.results().length >= after + 300, LONG);
      expect(failuresIn(load.results()), 'failed requests in the whole session').to.deep.equal([]);
      for (const kind of ['service-splitter', 'service-resolver']) expect(await mesh.config(kind, SERVICE)).to.equal(undefined);
      run.process.kill('SIGTERM');
      expect((await run.ended).code).to.equal(0);
      t.close();
    });

    for (const [signal, harm] of [
      ['5xx', async () => void Object.assign(mesh.apps.get('3')!, { errorRate: 0.5 })],
      ['deploy-jobs', async () => void Object.assign(jobs, { failedJobs: jobs.failedJobs + 1 })],
      ['up', () => jobs.stop()],
      ['auth', async () => void Object.assign(jobs, { failedProbes: jobs.failedProbes + 5 })],
    ] as const)
      it(`takes canary back by its question about ${signal}`, async () => {
        if (!mesh.apps.has('3')) await mesh.deploy('3');
        const start = shell.start(`start ${plan} --foreground`);
        await until('it has 10%', () => /weight=10%/.test(start.output()), LONG);
        await harm();
        const { code, out, err } = await start.done;
        expect(code, out + err).to.equal(3);
        expect((await status()).message).to.match(new RegExp(`^${signal}: `));
        Object.assign(mesh.apps.get('3')!, { errorRate: 0 });
        if (signal === 'up') await jobs.restart();
        // What a query sees of the last rollout would count against the next one.
        const quiet = [
          'sum(rate(envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"}[5s])) or vector(0)',
          'sum(increase(deploy_jobs_total{result="failed"}[5s]))',
          'sum(increase(auth_probe_failures_total[5s]))',
          `1 - min(up{job="${SERVICE}"})`,
        ];
        for (const query of quiet) await until(`${query} is 0`, async () => (await numberOf(query)) === 0, LONG);
      });
  });

  describe('asked of a server in New Relic’s form', () => {
    const GOOD = { Transaction: 0.4, DeployJob: 0, "'payments up'": 100, "'payments login'": 0 } as const;
    let newRelic: NewRelic;
    let plan: string;
    before(async function () {
      this.timeout(LONG);
      newRelic = await startNewRelic('NRAK-of-a-test');
      const env = {
        NEW_RELIC_API_KEY: 'NRAK-of-a-test',
        NEW_RELIC_ACCOUNT_ID: '7',
        NEW_RELIC_API_URL: newRelic.address,
      };
      shell = new Shell(mesh.address, env);
      plan = planFile(shortened('metric-gate-newrelic.yaml'), 'metric-gate-newrelic.yaml');
      if (!mesh.apps.has('3')) await mesh.deploy('3');
    });
    after(() => newRelic?.stop());
    beforeEach(() => {
      for (const [word, value] of Object.entries(GOOD)) newRelic.values.set(word, value);
    });

    for (const [signal, word, bad] of [
      ['5xx', 'Transaction', 40],
      ['deploy-jobs', 'DeployJob', 1],
      ['up', "'payments up'", 50],
      ['auth', "'payments login'", 3],
    ] as const)
      it(`takes canary back by its question about ${signal}`, async () => {
        const start = shell.start(`start ${plan} --foreground`);
        await until('it has 10%', () => /weight=10%/.test(start.output()), LONG);
        newRelic.values.set(word, bad);
        expect((await start.done).code).to.equal(3);
        expect((await status()).message).to.match(new RegExp(`^${signal}: `));
      });

    it('promotes when all four are well, having asked about the canary by its name', async () => {
      const { code, out, err } = await shell.run(`start ${plan} --foreground`);
      expect(code, out + err).to.equal(0);
      expect(newRelic.asked.some((nrql) => /appName = 'payments' AND subset = 'green'/.test(nrql))).to.equal(true);
      await answers('3');
    });

    it('holds, and promotes nothing, when it has no answer', async () => {
      await mesh.deploy('4');
      newRelic.values.delete('DeployJob');
      const start = shell.start(`start ${plan} --foreground`);
      await until('it has 10%', () => /weight=10%/.test(start.output()), LONG);
      await until(
        'it says so',
        () => /deploy-jobs: the query returns no result|deploy-jobs: .*no result/.test(start.output()),
        LONG,
      );
      expect((await status()).canary.weight.stored).to.equal(10);
      await shell.run(`abort ${SERVICE}`);
      expect((await start.done).code).to.equal(3);
    });
  });
}).timeout(600_000);

async function isUp(address: string): Promise<boolean> {
  return fetch(`http://${address}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
