import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHANNEL_KINDS, type Channel } from '../../src/core/channel.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { ANSWER, type Receiver, startReceiver } from '../notify/receiver.js';
import { startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const plan = (notify: string, steps = '[{ weight: 10 }, { weight: 100 }]', more = ''): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 100ms
notify: ${notify}
${more}
`;

const ROUTING_KEY = 'R0ut1ngKeyS3cretS3cretS3cretS3cr';
const SIGNING = `whsec_${Buffer.from('signing-s3cret-of-24-bytes').toString('base64')}`;

/** How a plan says where each channel's address is kept. */
const PLACES: Readonly<Record<Channel['kind'], (address: string) => string>> = {
  slack: () => 'webhook_env: PLACE',
  teams: () => 'webhook_env: PLACE',
  discord: () => 'webhook_env: PLACE',
  pagerduty: (address) => `routing_key_env: PLACE, url: "${new URL(address).origin}"`,
  webhook: () => 'url_env: PLACE, secret_env: SIGNING',
};

function expectNoSecret(told: string): void {
  for (const secret of ['s3cret', ROUTING_KEY, SIGNING, SIGNING.slice(6), ANSWER]) expect(told).to.not.include(secret);
}

/** Every key and every entry of splitter's in a Consul, as text. */
async function everythingIn(consul: string): Promise<string> {
  const read = async (path: string): Promise<readonly Record<string, unknown>[]> =>
    (await (await fetch(`${consul}/v1${path}`)).json()) as readonly Record<string, unknown>[];
  const keys = await read('/kv/splitter/?recurse=true');
  const values = keys.map(({ Key, Value }) => `${Key} ${Buffer.from(String(Value), 'base64').toString('utf8')}`);
  const entries = await Promise.all(['splitter', 'resolver', 'defaults'].map((kind) => read(`/config/service-${kind}`)));
  return `${values.join('\n')}\n${JSON.stringify(entries)}`;
}

describe('notices of a drive in the foreground, on the sandbox', () => {
  let sandbox: Sandbox;
  let receiver: Receiver;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    receiver = await startReceiver();
    shell = new Shell(sandbox.consulAddress, { HOOK: `${receiver.address}/path-s3cret`, PATH: process.env.PATH ?? '' });
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.close();
  });

  const events = (): { id: string; type: string; data: Record<string, unknown> }[] =>
    receiver.got.map(({ body }) => JSON.parse(body));
  const kinds = (): string[] => events().map(({ type }) => type.replace('dev.splitter.rollout.', ''));

  it('tell of everything that was asked for, in order, each with an id of its own', async () => {
    const all = 'on: [started, step, paused, promoted]';
    const file = planFile(plan(`[{ webhook: { url_env: HOOK }, ${all} }]`));
    const { code, out, err } = await shell.run(`start ${file} --foreground`);
    expect(code, out + err).to.equal(0);
    expect(kinds()).to.deep.equal(['started', 'step', 'step', 'promoted']);
    expect(new Set(events().map(({ id }) => id)).size).to.equal(4);
    expect(events().at(-1)!.data).to.include({ service: 'payments', kind: 'promoted', phase: 'Promoted', by: 'dana' });
    expect(out + err).to.not.match(/s3cret|Notice/);
  });

  it('hold up no revert while the receiver is silent; the next drive tells the rest', async () => {
    receiver.replies = ['silence'];
    const fails = `signals: [{ name: own, source: exec, command: [node, -e, "process.exit(1)"], interval: 100ms, failure_limit: 0 }]`;
    const file = planFile(plan('[{ webhook: { url_env: HOOK } }]', '[{ weight: 10 }, { pause: 10m }]', fails));
    const { code, out, err } = await shell.run(`start ${file} --foreground`);
    expect(code, out + err).to.equal(3);
    expect(err).to.include('Not told everything yet: webhook (url_env HOOK) of payments; a controller, or the next drive of it');
    expect(out + err).to.not.include('s3cret');
    receiver.replies = [200];
    receiver.got.length = 0;
    const again = planFile(plan('[{ webhook: { url_env: HOOK } }]'));
    expect((await shell.run(`start ${again} --foreground`)).code).to.equal(0);
    expect(kinds()).to.deep.equal(['started', 'reverted', 'started', 'promoted']);
  });

  it('tell of what an operator does meanwhile', async () => {
    const file = planFile(plan('[{ slack: { webhook_env: HOOK } }]', '[{ weight: 10 }, { pause: {} }]'));
    const running = shell.start(`start ${file} --foreground`);
    await until('it waits', () => /PauseStep/.test(running.output()));
    await shell.run('abort payments');
    expect((await running.done).code).to.equal(3);
    const titles = receiver.got.map(({ body }) => JSON.parse(body).blocks[0].text.text);
    expect(titles).to.deep.equal([
      'payments: rollout of green "3" started',
      'payments is paused with green "3" at 10% (PauseStep)',
      'payments is reverted to blue "2" (Aborted)',
    ]);
  });

  for (const kind of CHANNEL_KINDS) {
    const channel = (path: string): string => `{ ${kind}: { ${PLACES[kind](`${receiver.address}${path}`)} } }`;
    const own = (path: string): Shell =>
      new Shell(sandbox.consulAddress, {
        PATH: process.env.PATH ?? '',
        PLACE: kind === 'pagerduty' ? ROUTING_KEY : `${receiver.address}${path}`,
        SIGNING,
      });

    it(`tell ${kind} in order, and leave none of its secrets in any output, entry or key`, async () => {
      const file = planFile(plan(`[${channel('/path-s3cret')}]`));
      const { code, out, err } = await own('/path-s3cret').run(`start ${file} --foreground`);
      expect(code, out + err).to.equal(0);
      const told = receiver.got.map(({ body }) => body);
      const started = told.findIndex((body) => /rollout of green .*started/.test(body.replaceAll('\\', '')));
      const promoted = told.findIndex((body) => /is promoted/.test(body));
      expect([started >= 0, promoted > started]).to.deep.equal([true, true]);
      // The plan named no datacenter; Consul did.
      expect(told[promoted]).to.include('dc1');
      const history = await own('/path-s3cret').run('history payments -o json');
      const kept = await everythingIn(sandbox.consulAddress);
      expect(kept).to.include('notified/payments');
      expectNoSecret(out + err + history.out + history.err + kept);
    });

    it(`hold up no revert while ${kind} is silent, and say nothing of its address`, async () => {
      receiver.replies = ['silence'];
      const fails = `signals: [{ name: own, source: exec, command: [node, -e, "process.exit(1)"], interval: 100ms, failure_limit: 0 }]`;
      const file = planFile(plan(`[${channel('/path-s3cret')}]`, '[{ weight: 10 }, { pause: 10m }]', fails));
      const { code, out, err } = await own('/path-s3cret').run(`start ${file} --foreground`);
      expect(code, out + err).to.equal(3);
      expect(err).to.include(`Not told everything yet: ${kind} (`);
      expectNoSecret(out + err);
    });
  }

  it('tell past Consul that it takes no revert; and that it was taken back when it does', async () => {
    const faulty = await startFaultyConsul(sandbox.consulAddress);
    const broken = join(mkdtempSync(join(tmpdir(), 'splitter-stuck-')), 'broken');
    try {
      const signal = `signals: [{ name: own, source: exec, command: [test, "!", -e, ${broken}], interval: 100ms, failure_limit: 0 }]`;
      const file = planFile(
        plan('[{ webhook: { url_env: HOOK }, on: [reverted, stuck] }]', '[{ weight: 10 }, { pause: 10m }]', signal),
      );
      const running = shell.with({ CONSUL_HTTP_ADDR: faulty.address }).start(`start ${file} --foreground`);
      await until('canary has its weight', () => /weight=10%/.test(running.output()));
      const mended = faulty.fail({ kind: 'answer', status: 500, text: 'No cluster leader' }, ({ kind }) => kind === 'PUT config');
      writeFileSync(broken, '');
      await until('it is told', () => kinds().includes('stuck'), 40_000);
      expect(events()[0]!.data).to.include({ urgency: 'danger', next: 'splitter abort payments' });
      expect(events()[0]!.data.weights).to.deep.equal({ blue: 90, green: 10 });
      mended();
      expect((await running.done).code).to.equal(3);
      expect(kinds()).to.deep.equal(['stuck', 'reverted']);
      expect(new Set(events().map(({ id }) => id)).size).to.equal(2);
    } finally {
      await faulty.stop();
    }
  });

  it('link to the page where SPLITTER_PAGE_URL says that it is', async () => {
    const file = planFile(plan('[{ webhook: { url_env: HOOK }, on: [promoted] }]'));
    const wrong = await shell.with({ SPLITTER_PAGE_URL: 'splitter.example' }).run(`start ${file} --foreground`);
    expect(wrong.code).to.equal(0);
    expect(events()[0]!.data).to.not.have.property('page');
    expect(wrong.err).to.include('SPLITTER_PAGE_URL is "splitter.example", which is no http or https address');
    const linked = shell.with({ SPLITTER_PAGE_URL: 'https://splitter.example/at/' });
    await shell.run('undo payments');
    expect((await linked.run(`start ${file} --foreground`)).code).to.equal(0);
    expect(events().at(-1)!.data).to.include({ page: 'https://splitter.example/at/#/rollouts/payments' });
  });

  it('have no connector of Teams that Microsoft has ended: validate and the drive say so', async () => {
    const file = planFile(plan('[{ teams: { webhook_env: OLD }, on: [promoted] }]'));
    const old = shell.with({ OLD: 'https://s3cret.webhook.office.com/webhookb2/s3cret' });
    const checked = await old.run(`validate ${file}`);
    expect(checked.code).to.equal(6);
    expect(checked.err)
      .to.include('notify 1, teams (webhook_env OLD): this is a connector of Office 365')
      .and.include('-> make a flow');
    expect((await shell.run(`validate ${file}`)).code).to.equal(0);
    const driven = await old.run(`start ${file} --foreground`);
    expect([
      driven.code,
      driven.err.includes('teams (webhook_env OLD) of payments: cannot be told now: this is a connector'),
    ]).to.deep.equal([0, true]);
    expectNoSecret(checked.out + checked.err + driven.out + driven.err);
  });

  it('say what is wrong with a channel, and drive on', async () => {
    receiver.replies = [404];
    const file = planFile(
      plan('[{ webhook: { url_env: HOOK }, on: [promoted] }, { slack: { webhook_env: NONE }, on: [promoted] }]'),
    );
    const { code, err } = await shell.run(`start ${file} --foreground`);
    expect(code).to.equal(0);
    expect(err).to.match(
      /Notice: webhook \(url_env HOOK\) of payments: gave up telling it that ".*": HTTP 404, so the receiver is gone/,
    );
    expect(err).to.match(/Notice: slack \(webhook_env NONE\) of payments: cannot be told now: NONE is not set/);
    expect(err).to.not.include('s3cret');
  });
});

describe('notices of several controllers, on the sandbox', () => {
  let sandbox: Sandbox;
  let receiver: Receiver;
  let shell: Shell;
  let controllers: Running[];
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    receiver = await startReceiver();
    shell = new Shell(sandbox.consulAddress, { HOOK: `${receiver.address}/hook` });
    controllers = [];
  });
  afterEach(async () => {
    await leave();
    await sandbox.stop();
    await receiver.close();
  });
  const leave = async (): Promise<void> => {
    for (const running of controllers) running.interrupt();
    await Promise.all(controllers.splice(0).map(({ done }) => done));
  };
  const control = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) controllers.push(shell.start(`run --id ${id} --listen 127.0.0.1:0`));
    await until('they are there', async () => {
      const answer = await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`);
      return answer.ok && ((await answer.json()) as unknown[]).length === ids.length;
    });
  };
  /** The rollouts that were told to be taken back. */
  const told = (): ReadonlySet<unknown> =>
    new Set(
      receiver.got
        .map(({ body }) => JSON.parse(body))
        .filter(({ type }) => type === 'dev.splitter.rollout.reverted')
        .map(({ data }) => data.rollout),
    );
  const reverted = async (): Promise<string> => {
    await until('it is taken back', async () => (await shell.json('status payments')).phase === 'Reverted');
    return (await shell.json('status payments')).rollout;
  };
  const FOLLOWED = plan(
    '[{ webhook: { url_env: HOOK } }]',
    '[{ weight: 50 }, { pause: 10m }]',
    'signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]',
  );

  it('tell of each revert, whether its owner wrote it or its guardian', async () => {
    await control('one', 'two', 'three');
    const rollouts: string[] = [];
    for (let i = 0; i < 5; i++) {
      sandbox.setBehaviour('3', { errorRate: 0 });
      const begun = await shell.run(`start ${planFile(FOLLOWED)}`);
      expect(begun.code, begun.err).to.equal(0);
      sandbox.setBehaviour('3', { errorRate: 1 });
      rollouts.push(await reverted());
    }
    await until('all are told', () => rollouts.every((rollout) => told().has(rollout)), 30_000);
  }).timeout(120_000);

  it('tell of what a person does to a rollout whose controller is gone', async () => {
    await control('one');
    expect((await shell.run(`start ${planFile(FOLLOWED)}`)).code).to.equal(0);
    await until('it has weight', async () => (await shell.json('status payments')).canary?.weight.stored === 50);
    await leave();
    await control('two');
    expect((await shell.run('abort payments')).code).to.equal(0);
    const rollout = await reverted();
    await until('it is told', () => told().has(rollout), 30_000);
  }).timeout(90_000);
});
