import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { registerInCatalog } from '../support/catalog-services.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { expectSoundLog } from '../support/sound-log.js';
import { type SeenSplitter, type SplittersWatch, watchSplitters } from '../support/splitters-watch.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { endSplitters, type SplitterProcess, startSplitter } from './program.js';
import { until } from './until.js';

const RAMP = '--to 100 --by 10 --every 500ms --bake 500ms';
/** The lock of a driver is read every second; a dead process on the same machine is known at once. */
const NOTICED = 5_000;

describe('drivers in the foreground beside two controllers', () => {
  let consul: ConsulAgent;
  let shell: Shell;
  let seen: SplittersWatch;
  let probe: Server;
  let failing = false;
  before(async () => {
    consul = await startConsulAgent();
    shell = new Shell(consul.address);
    seen = watchSplitters(consul.address);
    probe = createServer((_, answer) => answer.writeHead(failing ? 500 : 200).end());
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    for (const id of ['c1', 'c2']) startSplitter(consul.address, `run --id ${id} --listen 127.0.0.1:0`);
    await until('two members', 20_000, async () => (await members()) === 2);
  });
  after(async () => {
    endSplitters();
    await seen?.stop();
    probe?.close();
    await consul?.stop();
  });

  const members = async (): Promise<number> =>
    ((await consul.api<readonly string[]>('GET', '/v1/kv/splitter/controllers/?keys')) ?? []).length;
  const canary = (service: string): number => seen.last(service)?.weights[1] ?? 0;
  const phase = (service: string): string => {
    const state = seen.last(service)?.record?.state;
    return `${state?.phase} ${state?.reason}`;
  };
  const driverOf = ({ record }: SeenSplitter): string => record!.driver.split(':')[0]!;

  /** A ramp in the foreground that has reached 20 %. */
  async function ramp(service: string, rest = '', flags = '--signal none'): Promise<SplitterProcess> {
    await registerInCatalog(consul, service);
    const text = `service: ${service}\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 100 }]\n${rest}\n`;
    const running = startSplitter(consul.address, `ramp ${service} --plan ${planFile(text)} ${RAMP} ${flags}`.trim());
    await until('a fifth of the traffic', 20_000, async () => canary(service) >= 20);
    return running;
  }

  it('one that lives is left to advance: no controller writes a record', async () => {
    const running = await ramp('lives');
    expect(await running.exit, running.output()).to.equal(0);
    expect(phase('lives')).to.equal('Promoted BakePassed');
    expect(new Set(seen.of('lives').map(driverOf))).to.deep.equal(new Set(['ramp']));
    await expectSoundLog(shell, 'lives', seen.last('lives')!.record!.seq);
  });

  const LOST = [
    { word: 'hold', ends: 'Paused DriverLost' },
    { word: 'revert', ends: 'Reverted DriverLost' },
    { word: 'continue', ends: 'Promoted BakePassed' },
  ];
  for (const { word, ends } of LOST)
    it(`one that is killed, on.driver_lost ${word}: ${ends}, by a controller`, async () => {
      const service = `lost-${word}`;
      const running = await ramp(service, `on: { driver_lost: ${word} }`);
      running.kill('SIGKILL');
      await running.exit;
      const [killed, before] = [Date.now(), canary(service)];
      await until('a controller drives it', NOTICED, async () => driverOf(seen.last(service)!) === 'controller');
      process.stdout.write(`      ${word}: a controller took it over ${Date.now() - killed} ms after the kill at ${before}%\n`);
      await until(ends, 30_000, async () => phase(service) === ends);
      if (word === 'hold') {
        expect(canary(service), 'the weights stand').to.be.within(before, before + 10);
        expect((await shell.run(`resume ${service}`)).code).to.equal(0);
        await until('its promotion', 30_000, async () => phase(service) === 'Promoted BakePassed');
      }
      const last = seen.last(service)!.record!.seq;
      await until('the last record is logged', 10_000, async () => {
        const { rollouts } = await shell.json(`history ${service}`);
        return rollouts[0].entries.at(-1).indexAfter > 0;
      });
      await expectSoundLog(shell, service, last);
    });

  it('one that hangs advances nothing, and a failing version is taken back by a controller meanwhile', async () => {
    const url = `http://127.0.0.1:${(probe.address() as AddressInfo).port}/`;
    const running = await ramp('hangs', `signals: [{ name: login, source: http, url: "${url}", interval: 200ms }]`, '');
    running.kill('SIGSTOP');
    failing = true;
    const failed = Date.now();
    await until('the revert', 15_000, async () => phase('hangs') === 'Reverted SignalFailed');
    process.stdout.write(`      a controller took it back ${Date.now() - failed} ms after the probe began to fail\n`);
    failing = false;
    expect(driverOf(seen.last('hangs')!)).to.equal('controller');
    running.kill('SIGCONT');
    expect(await running.exit, running.output()).to.not.equal(0);
    expect(phase('hangs')).to.equal('Reverted SignalFailed');
    await expectSoundLog(shell, 'hangs', seen.last('hangs')!.record!.seq);
  });

  it('ramp --detach hands over and ends; the controllers drive it to its end', async () => {
    await registerInCatalog(consul, 'detached');
    const text =
      'service: detached\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 100 }]\n';
    const running = startSplitter(
      consul.address,
      `ramp detached --plan ${planFile(text)} --to 100 --by 25 --every 300ms --bake 300ms --signal none --detach`,
    );
    expect(await running.exit, running.output()).to.equal(0);
    expect(canary('detached'), 'handed over at the beginning').to.be.lessThan(100);
    await until('its promotion', 30_000, async () => phase('detached') === 'Promoted BakePassed');
    const drivers = seen.of('detached').filter(({ weights }) => weights[1] > 0);
    expect(new Set(drivers.map(driverOf))).to.deep.equal(new Set(['controller']));
    await expectSoundLog(shell, 'detached', seen.last('detached')!.record!.seq);
  });
}).timeout(90_000);
