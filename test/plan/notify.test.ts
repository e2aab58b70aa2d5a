import { expect } from 'chai';
import { describeChannel, USUAL_NOTICES } from '../../src/core/channel.js';
import { readPlan } from '../../src/plan/read.js';
import { yamlPlan } from './spell.js';

async function notifyOf(more: string) {
  const { plans, diagnostics } = await readPlan(yamlPlan({ more }), 'p.yaml');
  expect(diagnostics).to.deep.equal([]);
  return plans[0]!;
}

describe('who is told, in normal form', () => {
  it('is absent where nobody is, so that the digest of such a plan stays what it was', async () => {
    const [without, empty] = [await notifyOf(''), await notifyOf('notify: []')];
    expect(without.plan).to.not.have.property('notify');
    expect(empty.digest).to.equal(without.digest);
  });

  it('has its kinds in one order, all but the steps by default, and secrets by their place', async () => {
    const { plan } = await notifyOf(`notify:
  - slack: { webhook_file: /run/slack }
  - { webhook: { url: "http://127.0.0.1/in", token_file: /run/token, headers: { X-Key: { env: KEY } } }, on: [reverted, step, step] }
  - webhook: { url_env: HOOK, secret_file: /run/signing }
  - teams: { webhook_env: TEAMS }
  - { teams: { webhook_file: /run/teams, format: card }, on: [stuck] }
  - discord: { webhook_file: /run/discord }
  - pagerduty: { routing_key_file: /run/pd, url: "https://events.eu.pagerduty.com" }`);
    expect(USUAL_NOTICES).to.deep.equal(['started', 'paused', 'held', 'resumed', 'promoted', 'reverted', 'superseded', 'stuck']);
    expect(plan.notify).to.deep.equal([
      { kind: 'slack', address: { file: '/run/slack' }, on: USUAL_NOTICES },
      {
        kind: 'webhook',
        address: { url: 'http://127.0.0.1/in' },
        headers: { 'x-key': { env: 'KEY' } },
        tokenFile: '/run/token',
        on: ['step', 'reverted'],
      },
      { kind: 'webhook', address: { env: 'HOOK' }, secret: { file: '/run/signing' }, on: USUAL_NOTICES },
      { kind: 'teams', address: { env: 'TEAMS' }, on: USUAL_NOTICES },
      { kind: 'teams', address: { file: '/run/teams' }, format: 'card', on: ['stuck'] },
      { kind: 'discord', address: { file: '/run/discord' }, on: USUAL_NOTICES },
      { kind: 'pagerduty', address: { file: '/run/pd' }, url: 'https://events.eu.pagerduty.com', on: USUAL_NOTICES },
    ]);
    expect(plan.notify!.map(describeChannel)).to.deep.equal([
      'slack (webhook_file /run/slack)',
      'webhook (url in the plan)',
      'webhook (url_env HOOK)',
      'teams (webhook_env TEAMS)',
      'teams (webhook_file /run/teams)',
      'discord (webhook_file /run/discord)',
      'pagerduty (routing_key_file /run/pd)',
    ]);
  });

  it('repeats no address in what it says of a mistake', async () => {
    const address = 'https://hooks.slack.com/services/T0/B0/s3cret';
    for (const item of [
      `{ slack: "${address}" }`,
      `{ slack: { webhook: "${address}" } }`,
      `{ slack: { webhook_file: "${address}" } }`,
      `{ slack: { webhook_env: "${address}" } }`,
      `{ webhook: "${address}" }`,
      `{ webhook: { url_file: "${address}", token_file: "${address}" } }`,
      `{ webhook: { url_env: HOOK, headers: { X: "s3cret" } } }`,
      `{ webhook: { url: "https://me:s3cret@127.0.0.1" } }`,
      `{ webhook: { url_env: HOOK, secret: "s3cret" } }`,
      `{ webhook: { url_env: HOOK, token: "s3cret" } }`,
      `{ webhook: { url_env: HOOK, secret_env: "whsec_s3cret" } }`,
      `{ slack: "s3cret" }`,
      `{ discord: "${address}" }`,
      `{ discord: { webhook: "${address}" } }`,
      `{ teams: { webhook_file: "${address}" } }`,
      `{ teams: { webhook_file: "https://s3cret.webhook.office.com/s3cret" } }`,
      `{ pagerduty: "s3cret" }`,
      `{ pagerduty: { routing_key: "s3cret" } }`,
      `{ pagerduty: { routing_key_env: "s3crets3crets3crets3crets3crets3" } }`,
      `{ pagerduty: { routing_key_env: KEY, url: "https://me:s3cret@127.0.0.1" } }`,
    ]) {
      const { plans, diagnostics } = await readPlan(yamlPlan({ more: `notify: [${item}]` }), 'p.yaml');
      expect([plans.length, diagnostics.length > 0], item).to.deep.equal([0, true]);
      expect(JSON.stringify(diagnostics), item).to.not.include('s3cret');
    }
  });
});
