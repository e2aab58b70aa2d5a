import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { chargeOf } from '../../src/core/rendezvous.js';
import { registerInCatalog } from '../support/catalog-services.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { expectSoundLog } from '../support/sound-log.js';
import { type SplittersWatch, watchSplitters } from '../support/splitters-watch.js';
import { type ConsulCluster, type ConsulServer, startCluster } from './cluster.js';
import { endSplitters, type SplitterProcess, startSplitter } from './program.js';
import { until } from './until.js';

const IDS = ['c1', 'c2', 'c3'];
/** How long there is no majority, and when in it the probes fail. */
const LOST = 60_000;
const FAILS_AFTER = 20_000;
/** Consul drops a member 20 s after a new leader begins; the rest is for the election and the next step. */
const TAKEN_OVER = 35_000;
const STEPS = Array.from({ length: 19 }, (_, i) => `{ weight: ${5 * (i + 1)} }, { pause: 1s }`).join(', ');

const plan = (service: string, rest = ''): string => `
service: ${service}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [${STEPS}, { weight: 100 }]
bake: 1s
${rest}
`;

/**
 * CONSUL_HTTP_ADDR is one address. c1 and c2 ask a client agent on their own machine, as is usual: it finds a server that lives. c3 asks one server
 * directly, and is cut off with it.
 */
describe('controllers while the servers of Consul fail', () => {
  let cluster: ConsulCluster;
  let agents: readonly ConsulServer[];
  let shell: Shell;
  let seen: SplittersWatch;
  let probe: Server;
  let controllers: Map<string, SplitterProcess>;
  let failing = false;

  before(async () => {
    cluster = await startCluster();
    agents = await Promise.all(['m1', 'm2'].map((name) => cluster.startClient(name)));
    probe = createServer((_, answer) => answer.writeHead(failing ? 500 : 200).end());
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    shell = new Shell(agents[0]!.address);
    seen = watchSplitters(agents[1]!.address);
    const leader = await cluster.waitForLeader();
    const addresses = [...agents, leader].map(({ address }) => address);
    controllers = new Map(IDS.map((id, i) => [id, startSplitter(addresses[i]!, `run --id ${id} --listen 127.0.0.1:0`)]));
    await until('three members', 20_000, async () => (await members()).length === 3);
  });
  after(async () => {
    for (const [id, one] of controllers ?? []) (await import('node:fs')).writeFileSync(`/tmp/faults-out-${id}.log`, one.output()); // TMP
    endSplitters();
    await seen?.stop();
    probe?.close();
    await cluster?.stop();
  });

  const members = async (): Promise<readonly string[]> =>
    (await agents[0]!.api<readonly string[]>('GET', '/v1/kv/splitter/controllers/?keys')) ?? [];
  const saidBy = (id: string, text: RegExp): number =>
    controllers
      .get(id)!
      .output()
      .split('\n')
      .filter((line) => text.test(line)).length;
  const canary = (service: string): number => seen.last(service)?.weights[1] ?? 0;

  it('the leader is killed in mid-ramp: they wait, say so, go on; a controller that is cut off with it is replaced', async () => {
    const services = Array.from({ length: 9 }, (_, i) => `first-${i}`);
    const orphans = services.filter((service) => chargeOf(service, IDS).owner === 'c3');
    expect(orphans.length, 'rollouts of the one that is cut off').to.be.within(1, 8);
    await begin(
      services.map((service) => plan(service)),
      services,
    );
    await until('all are in mid-ramp', 30_000, async () => services.every((service) => canary(service) >= 10));
    const leader = await cluster.waitForLeader();
    await leader.kill();
    const killed = Date.now();
    const at = new Map(services.map((service) => [service, canary(service)]));
    await until('c3 says that it waits', 15_000, async () => saidBy('c3', /nothing advances until it answers/) > 0);
    await cluster.waitForLeader();
    const elected = Date.now() - killed;
    const others = services.filter((service) => !orphans.includes(service));
    await until('those of the others go on', 20_000, async () => others.every((service) => canary(service) > at.get(service)!));
    const wentOn = Date.now() - killed;
    await until('the orphans go on', TAKEN_OVER, async () => orphans.every((service) => canary(service) > at.get(service)! + 5));
    print(
      `leader killed: a new one after ${elected} ms, ${others.length} rollouts all went on after ${wentOn} ms, ${orphans.length} of the one cut off after ${Date.now() - killed} ms; c1 and c2 noticed ${saidBy('c1', /nothing advances/)} and ${saidBy('c2', /nothing advances/)} times`,
    );
    await leader.start();
    await until('c3 is back', 30_000, async () => (await members()).length === 3);
    await expectPromoted(services);
  }).timeout(180_000);

  it('a majority is lost for a minute: what failed meanwhile is reverted first, then the others go on', async () => {
    const watched = IDS.map(
      (id) => Array.from({ length: 99 }, (_, i) => `watched-${i}`).find((name) => chargeOf(name, IDS).owner === id)!,
    );
    const others = Array.from({ length: 6 }, (_, i) => `second-${i}`);
    const address = `http://127.0.0.1:${(probe.address() as AddressInfo).port}/`;
    const signal = `signals: [{ name: login, source: http, url: "${address}", interval: 1s }]`;
    const before = new Map(IDS.map((id) => [id, saidBy(id, /nothing advances/)]));
    await begin(
      [...watched.map((service) => plan(service, signal)), ...others.map((service) => plan(service))],
      [...watched, ...others],
    );
    await until('all are in mid-ramp', 40_000, async () => [...watched, ...others].every((service) => canary(service) >= 10));
    const leader = await cluster.waitForLeader();
    const [one, two] = cluster.servers.filter((server) => server !== leader);
    await Promise.all([one!.kill(), leader.kill()]);
    const lost = Date.now();
    await sleep(FAILS_AFTER);
    for (const id of IDS)
      expect(saidBy(id, /nothing advances until it answers/), `${id} says that it waits`).to.be.greaterThan(before.get(id)!);
    failing = true;
    await sleep(LOST - FAILS_AFTER);
    expect(two!.running).to.equal(true);
    const written = seen.states.length;
    const index = seen.states.at(-1)!.modifyIndex;
    await one!.start();
    await cluster.waitForLeader();
    const back = Date.now();
    await until('what failed is reverted', 20_000, async () => watched.every((service) => canary(service) === 0));
    const reverted = Date.now() - back;
    await until('the others go on', 30_000, async () =>
      others.every((service) => (seen.last(service)?.modifyIndex ?? 0) > index),
    );
    print(
      `no majority for ${((back - lost) / 1_000).toFixed(1)} s: ${watched.length} reverted ${reverted} ms after a leader was seen, ${others.length} went on after ${Date.now() - back} ms`,
    );
    const after = seen.states.slice(written).filter(({ modifyIndex }) => modifyIndex > index);
    const order = after.map(({ service, weights, record }) => `${service} ${record?.state.phase} ${weights[1]}%`);
    const firstAdvance = after.findIndex(({ service }) => others.includes(service));
    const reverts = watched.map((service) => after.findIndex((state) => state.service === service && state.weights[1] === 0));
    expect(Math.max(...reverts), `reverts first: ${order.slice(0, 12).join(', ')}`).to.be.lessThan(firstAdvance);
    await leader.start();
    await expectPromoted(others);
    for (const service of watched) {
      await until('the revert is done', 20_000, async () => seen.last(service)?.record?.state.phase === 'Reverted');
      await expectWholeLog(service);
    }
    for (const id of IDS) expect(controllers.get(id)!.output(), id).to.match(/consul: well again/);
  }).timeout(300_000);

  async function begin(plans: readonly string[], services: readonly string[]): Promise<void> {
    for (const service of services) await registerInCatalog(agents[0]!, service);
    const started = await Promise.all(plans.map((text) => shell.run(`start ${planFile(text)}`)));
    for (const { code, err } of started) expect(code, err).to.equal(0);
  }

  async function expectPromoted(services: readonly string[]): Promise<void> {
    await until('all are promoted', 120_000, async () =>
      services.every((service) => seen.last(service)?.record?.state.phase === 'Promoted'),
    );
    for (const service of services) await expectWholeLog(service);
  }

  /** The last record is logged right after it is written. */
  async function expectWholeLog(service: string): Promise<void> {
    const last = seen.last(service)!.record!.seq;
    await until('the last record is logged', 10_000, async () => {
      const { rollouts } = await shell.json(`history ${service}`);
      return rollouts[0].entries.at(-1).seq === last;
    });
    await expectSoundLog(shell, service, last);
  }
});

function print(line: string): void {
  process.stdout.write(`      ${line}\n`);
}
