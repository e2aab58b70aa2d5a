import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxOptions } from '../../src/sandbox/sandbox.js';
import { startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { until } from '../support/shell.js';
import { planText, type Stage } from './stage.js';

/** How to bring about one trouble of docs/troubleshooting.md; gives what a person then sees. */
export interface Trouble {
  readonly sandbox?: SandboxOptions;
  see(stage: Stage): Promise<string>;
}

const QUIET = '[{ weight: 10 }, { pause: 1h }, { weight: 100 }]';
const ERRORS = 'signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]';

/** Every trouble of the page, by its heading. */
export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'Consul does not answer': {
    see: async ({ shell }) => (await shell.with({ CONSUL_HTTP_ADDR: 'http://127.0.0.1:1' }).run('status payments')).err,
  },
  'No secure connection': {
    see: async ({ shell, sandbox }) =>
      (await shell.with({ CONSUL_HTTP_ADDR: sandbox.consulAddress.replace('http:', 'https:') }).run('status payments')).err,
  },
  'Consul has no leader': {
    see: (stage) => {
      stage.sandbox.faults.leaderless = true;
      return stage.say('ramp payments --to 10');
    },
  },
  'A token is missing or may not do that': {
    see: async ({ shell, sandbox }) => {
      sandbox.faults.tokens = { reader: 'read' };
      const said = await Promise.all(
        ['nobody', 'reader'].map((token) => shell.with({ CONSUL_HTTP_TOKEN: token }).run('ramp payments --to 10')),
      );
      delete sandbox.faults.tokens;
      return said.map(({ err }) => err).join('\n');
    },
  },
  'The service does not speak HTTP to the mesh': {
    see: async (stage) => {
      await stage.put({ Kind: 'service-defaults', Name: 'payments', Protocol: 'tcp' });
      return stage.say('ramp payments --to 10');
    },
  },
  'The versions cannot be told apart': {
    see: (stage) => {
      stage.sandbox.deploy('4');
      return stage.say('ramp payments --to 10');
    },
  },
  'There is nothing to go back to': {
    see: (stage) => {
      stage.sandbox.setHealth('2', 'critical');
      return stage.say('ramp payments --to 10');
    },
  },
  'The new version is not ready': {
    see: async (stage) => {
      stage.sandbox.setHealth('3', 'critical');
      const ramp = stage.start('ramp payments --to 10 --signal none');
      await until('it waits', () => /Pending/.test(ramp.output()));
      return ramp.output();
    },
  },
  'Somebody else owns the entries': {
    see: async (stage) => {
      const Meta = { 'external-source': 'kubernetes' };
      await stage.put({ Kind: 'service-resolver', Name: 'payments', ConnectTimeout: '3s', Meta });
      return stage.say('ramp payments --to 10');
    },
  },
  'A redirect stands above the splitter': {
    see: async (stage) => {
      await stage.put({ Kind: 'service-defaults', Name: 'payments-eu', Protocol: 'http' });
      await stage.put({ Kind: 'service-resolver', Name: 'payments', Redirect: { Service: 'payments-eu' } });
      return stage.say(`ramp payments --to 10 --plan ${stage.plan(QUIET)}`);
    },
  },
  'It is driven already': {
    see: async (stage) => {
      const first = stage.start('ramp payments --to 50 --by 10 --every 1h');
      await until('the first ramp moves', () => /weight=10%/.test(first.output()));
      return stage.say('ramp payments --to 50');
    },
  },
  'No controller runs': {
    see: (stage) => stage.say(`start ${stage.plan(QUIET)}`),
  },
  'The plan has mistakes': {
    see: (stage) => stage.say(`validate ${planFile(planText('[{ wieght: 10 }, { weight: 100 }]'))}`),
  },
  'A variable has no value': {
    see: (stage) => stage.say(`validate ${planFile(planText('[{ pause: "${var.window}" }]', 'variables: { window: {} }'))}`),
  },
  "A check of the plan's own failed": {
    see: (stage) => stage.say(`start ${stage.plan(QUIET, 'checks: [{ name: migrations, command: ["false"] }]')} --foreground`),
  },
  'The saved plan is stale': {
    see: async (stage) => {
      const saved = planFile('');
      await stage.say(`plan ${stage.plan(QUIET)} --out ${saved}`);
      await stage.put({ Kind: 'service-resolver', Name: 'payments', ConnectTimeout: '3s' });
      return stage.say(`apply ${saved}`);
    },
  },
  'observed is a question mark': {
    sandbox: { callers: [], traffic: 0, instanceMetrics: false },
    see: async (stage) => `${await stage.say('doctor payments')}\n${await stage.say('ramp payments --to 10')}`,
  },
  'No data': {
    sandbox: { traffic: 0 },
    see: async (stage) => {
      const plan = stage.plan('[{ weight: 10 }, { pause: 1s }, { weight: 100 }]', `step_timeout: 5s\n${ERRORS}`);
      return stage.say(`start ${plan} --foreground`);
    },
  },
  'A signal cannot be measured': {
    see: (stage) =>
      stage.say(
        `start ${stage.plan('[{ weight: 10 }, { pause: 1s }, { weight: 100 }]', 'signals: [{ name: p95, source: prometheus, url: "http://127.0.0.1:1", query: up, max: 1, interval: 1s, error_limit: 1 }]\nstep_timeout: 2s')} --foreground`,
      ),
  },
  'Somebody else wrote the weights': {
    see: async (stage) => {
      await stage.control();
      await stage.say(`start ${stage.plan(QUIET)}`);
      await stage.reaches('Progressing Stepping');
      await until('10%', async () => (await stage.shell.json('status payments')).canary?.weight.stored === 10);
      await stage.weigh(70, 30);
      await stage.reaches('Paused Drift');
      return stage.say('status payments');
    },
  },
  'Its terminal is gone': {
    see: async (stage) => {
      await stage.control();
      const ramp = stage.start('ramp payments --to 50 --by 10 --every 1h --signal none');
      await until('the ramp moves', () => /weight=10%/.test(ramp.output()));
      ramp.interrupt();
      await ramp.done;
      await stage.reaches('Paused DriverLost');
      return stage.say('status payments');
    },
  },
  'It waits for a person': {
    see: async (stage) => {
      await stage.say(`start ${stage.plan('[{ weight: 10 }, { pause: {} }, { weight: 100 }]', 'step_timeout: 1s')} --foreground`);
      return stage.say('status payments');
    },
  },
  'Nobody watches': {
    see: (stage) => stage.say('ramp payments --to 50 --signal none'),
  },
  'The target is not proven': {
    sandbox: { traffic: 0 },
    see: (stage) => stage.say('ramp payments --to 50 --hold 1s'),
  },
  'Wants to revert, cannot reach Consul': {
    see: async (stage) => {
      const front = await startFaultyConsul(stage.sandbox.consulAddress);
      const ramp = stage.shell
        .with({ CONSUL_HTTP_ADDR: front.address })
        .start('ramp payments --to 50 --hold 1h --signal errors=0.01%');
      await until('the target', () => /TargetReached/.test(ramp.output()));
      front.cutAll();
      const back = front.fail({ kind: 'cut', when: 'before' });
      stage.sandbox.setBehaviour('3', { errorRate: 0.5 });
      await until('it wants to revert', () => /wants to revert/.test(ramp.output()));
      back();
      await ramp.done;
      await front.stop();
      return ramp.output();
    },
  },
  'A freeze holds it': {
    see: async (stage) => {
      await stage.say('freeze on --reason holidays');
      return stage.say('ramp payments --to 10');
    },
  },
  'More weight than instances': {
    see: async (stage) => {
      stage.sandbox.deploy('2', 6);
      return stage.say(
        `start ${stage.plan('[{ weight: 90 }, { pause: 1s }, { weight: 100 }]', 'step_timeout: 3s\ncapacity: { max_ratio: 2 }')} --foreground`,
      );
    },
  },
  'A program failed': {
    see: (stage) =>
      stage.say(
        `start ${stage.plan('[{ weight: 10 }, { run: { command: ["false"], on_failure: hold } }, { weight: 100 }]', 'step_timeout: 1s')} --foreground`,
      ),
  },
  'A signal broke its bound': {
    see: (stage) => {
      stage.sandbox.setBehaviour('3', { errorRate: 0.5 });
      return stage.say('ramp payments --to 50 --hold 1h');
    },
  },
  'The instances of canary are gone': {
    see: async (stage) => {
      const ramp = stage.start('ramp payments --to 50 --hold 1h --signal none');
      await until('the target', () => /weight=50%/.test(ramp.output()));
      stage.sandbox.setHealth('3', 'critical');
      await ramp.done;
      return ramp.output();
    },
  },
  'A step took too long': {
    see: (stage) =>
      stage.say(
        `start ${stage.plan('[{ weight: 10 }, { wait: { healthy: 5, deadline: 1s } }, { weight: 100 }]', 'step_timeout: 1s')} --foreground`,
      ),
  },
  'The whole took too long': {
    see: (stage) => stage.say(`start ${stage.plan(QUIET, 'deadline: 3s')} --foreground`),
  },
  'The old version is not drained': {
    see: async (stage) => {
      await stage.say('ramp payments --to 50 --signal none');
      stage.sandbox.setBehaviour('2', { latencyMs: 9_000 });
      await sleep(300);
      return stage.say('promote payments --full');
    },
  },
  'There is nothing to undo': {
    see: async (stage) => {
      await stage.say('ramp payments --to 50 --signal none');
      return stage.say('undo payments');
    },
  },
  'There is nothing to resume': {
    see: async (stage) => {
      await stage.say('ramp payments --to 50 --signal none');
      return stage.say('resume payments');
    },
  },
  'The split cannot be taken away': {
    see: async (stage) => {
      await stage.say('ramp payments --to 50 --signal none');
      await stage.say('abort payments');
      return stage.say('remove payments');
    },
  },
  'A weight arrives a little smaller': {
    see: (stage) => stage.say('ramp payments --to 2.1 --signal none'),
  },
  'A timeout is ignored': {
    see: async (stage) => {
      await stage.put({ Kind: 'service-resolver', Name: 'payments', RequestTimeout: '60s' });
      return stage.say('doctor payments');
    },
  },
  'The page may not act': {
    see: async (stage) => {
      await stage.say('ramp payments --to 10 --signal none');
      const answer = await fetch(`${await stage.control()}/v1/rollouts/payments/actions/abort`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      });
      return answer.text();
    },
  },
};
