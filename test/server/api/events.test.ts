import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { planFile } from '../../support/plan-file.js';
import { Shell, until } from '../../support/shell.js';
import { ask, type Live, readEvents, type StreamEvent, startLive } from './live.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;

describe('events, on the sandbox', () => {
  let sandbox: Sandbox;
  let live: Live;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox();
    shell = new Shell(sandbox.consulAddress);
    live = await startLive(sandbox);
  });
  afterEach(async () => {
    await live.stop();
    await sandbox.stop();
  });
  const events = (enough: (events: readonly StreamEvent[]) => boolean, query = '', headers = {}) =>
    readEvents(`${live.address}/v1/events${query}`, enough, headers);
  const pausedIn = (all: readonly StreamEvent[]): boolean =>
    all.some(({ event, data }) => event === 'rollout' && data.phase === 'Paused');

  it('tell a rollout from its start on, with its decisions and the counters', async () => {
    const reading = events((all) => pausedIn(all) && all.some(({ event, data }) => event === 'counts' && data.person === 1));
    await shell.run(`start ${planFile(PLAN)}`);
    const all = await reading;
    expect(all[0]!.event).to.equal('hello');
    expect(all[0]!.data).to.include.keys('boot', 'controller', 'version', 'freeze');
    const weights = all.filter(({ event }) => event === 'rollout').map(({ data }) => data.canary?.weight.stored);
    expect(weights).to.include(10);
    const decisions = all.filter(({ event }) => event === 'decision').map(({ data }) => `${data.phase} ${data.asked.green}`);
    expect(decisions).to.include('Paused 10');
  });

  it('tell the evidence of one service every second to those who look at it', async () => {
    await shell.run(`start ${planFile(PLAN)}`);
    const all = await events(
      (told) => told.filter(({ data }) => data?.signals?.[0]?.samples > 0).length >= 3,
      '?service=payments',
    );
    const samples = all.flatMap(({ data }) => (data?.signals === undefined ? [] : [data.signals[0].samples]));
    expect(samples.at(-1)).to.be.greaterThan(samples[0]);
    expect(all.findLast(({ event }) => event === 'rollout')!.data.canary.weight.observed).to.be.a('number');
  });

  it('tell one who comes back what happened while nobody listened', async () => {
    const [hello] = await events((all) => all.length > 0);
    await shell.run(`start ${planFile(PLAN)}`);
    await until('the pause', async () => (await shell.json('status payments')).phase === 'Paused');
    const missed = await events(pausedIn, '', { 'last-event-id': hello!.id! });
    expect(missed.map(({ event }) => event)).to.not.include('reset');
    expect(missed.some(({ event, data }) => event === 'decision' && data.phase === 'Paused')).to.equal(true);
  });

  it('HEAD tells of them without taking a place', async () => {
    for (let i = 0; i < 101; i++) {
      const { status, headers } = await fetch(`${live.address}/v1/events`, { method: 'HEAD' });
      expect([status, headers.get('content-type')]).to.deep.equal([200, 'text/event-stream; charset=utf-8']);
    }
    expect((await events((all) => all.length > 0))[0]!.event).to.equal('hello');
  });

  it('tell that a service is gone', async () => {
    await shell.run(`start ${planFile(PLAN)}`);
    await until('the pause', async () => (await shell.json('status payments')).phase === 'Paused');
    const reading = events((all) => all.some(({ event }) => event === 'gone'));
    await until('it is told', async () => (await ask(`${live.address}/v1/rollouts`)).body.counts.all === 1);
    await shell.run('abort payments');
    await until('the end', async () => (await shell.json('status payments')).phase === 'Reverted');
    await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`, { method: 'DELETE' });
    expect((await reading).at(-1)!.data).to.deep.equal({ service: 'payments' });
  });
});
