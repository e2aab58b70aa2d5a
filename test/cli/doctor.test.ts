import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
protocol: http
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }]
signals:
  - { name: errors, source: envoy, metric: errors, max: 0.5% }
  - { name: checks, source: consul, min_healthy: 1 }
  - { name: many, source: consul, min_healthy: 9 }
  - { name: probe, source: http, url: 'http://127.0.0.1:1/' }
  - { name: odd, source: prometheus, query: up, max: 1, url: 'http://127.0.0.1:1' }
  - { name: shy, source: consul, min_healthy: 9, dry_run: true }
schedule: { start: { cron: '0 9 * * 1-5', timezone: Europe/Paris } }
`;

describe('doctor and status by a plan, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 300 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  it('asks each signal once: verdict and value, or why it cannot be measured; and counts the controllers', async () => {
    await shell.run('ramp payments --to 20 --signal none');
    const { checks } = await shell.json(`doctor payments --plan ${planFile(PLAN)}`);
    const of = (name: string) => checks.find((check: { name: string }) => check.name === name);
    expect(of('signal errors')).to.deep.include({ verdict: 'ok' });
    expect(of('signal errors').message).to.match(/^(Successful|Inconclusive): .*\d/);
    expect(of('signal checks')).to.deep.include({ verdict: 'ok' });
    expect(of('signal checks').message).to.match(/^Successful: 2 canary instances/);
    expect(of('signal many')).to.deep.include({ verdict: 'warning' });
    expect(of('signal probe')).to.deep.include({ verdict: 'failed' });
    expect(of('signal probe').message).to.match(/^Failed: the probe failed/);
    expect(of('signal odd')).to.deep.include({ verdict: 'failed' });
    expect(of('signal odd').message).to.match(/^prometheus cannot be measured: /);
    expect(of('signal shy')).to.deep.include({ verdict: 'warning' });
    expect(of('controllers')).to.deep.include({ verdict: 'warning' });
    expect(of('freeze')).to.deep.include({ verdict: 'ok' });
  });

  it('tells where no request reached canary yet, and names the controllers that live', async () => {
    const { body } = await fetch(`${sandbox.consulAddress}/v1/session/create`, {
      method: 'PUT',
      body: '{"TTL":"60s","Behavior":"delete"}',
    }).then(async (answer) => ({ body: (await answer.json()) as { ID: string } }));
    const member = JSON.stringify({ id: 'c1', host: 'h', pid: 1, since: 1, version: '1' });
    await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/c1?acquire=${body.ID}`, { method: 'PUT', body: member });
    const { out } = await shell.run(`doctor payments --plan ${planFile(PLAN)}`);
    expect(out).to.match(/^ok {2}signal errors +envoy answers, with no data for canary yet$/m);
    expect(out).to.match(/^ok {2}controllers +1 controller lives: c1$/m);
  });

  it('says of each channel whether it could be told from here, with no secret in it, and sends nothing', async () => {
    const notify = `notify:
  - slack: { webhook_env: SLACK_URL }
  - pagerduty: { routing_key_env: PD_KEY }
  - webhook: { url: 'http://127.0.0.1:1/hook', secret_env: HOOK_SECRET }
`;
    const armed = shell.with({ SLACK_URL: 'http://127.0.0.1:1/secret-path', PD_KEY: 'secret-but-no-key' });
    const { out, code } = await armed.run(`doctor payments --plan ${planFile(PLAN.slice(0, PLAN.indexOf('signals:')) + notify)}`);
    expect(code, out).to.equal(0);
    const lines = out.split('\n').filter((line) => line.includes('notify'));
    expect(lines[0]).to.match(/^ok {2}notify 1 +slack \(webhook_env SLACK_URL\) has what it needs here; nothing was sent$/);
    expect(lines[1]).to.match(/^\? {3}notify 2 +pagerduty \(routing_key_env PD_KEY\) would not be told from here: PD_KEY /);
    expect(lines[2]).to.match(/^\? {3}notify 3 .*HOOK_SECRET is not set/);
    expect(out).not.to.match(/secret-path|secret-but/);
  });

  it('status tells when the applied plan starts next, in text and as JSON', async () => {
    await shell.run(`apply ${planFile(PLAN)}`);
    const { nextStart } = await shell.json('status payments');
    expect(nextStart.rule).to.equal('cron 0 9 * * 1-5');
    expect(new Date(nextStart.at).getTime()).to.be.above(Date.now());
    expect(nextStart.message).to.match(/^(Mon|Tue|Wed|Thu|Fri) \d{4}-\d{2}-\d{2} 09:00 Europe\/Paris \(cron 0 9 \* \* 1-5\)$/);
    expect((await shell.run('status payments')).out).to.include(`next start ${nextStart.message}`);
  });
});
