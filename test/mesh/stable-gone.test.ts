import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { ConsulMesh } from '../../src/consul/mesh.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { serving } from '../../src/core/observation.js';
import { versionFilter } from '../../src/core/versions.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { type Instance, startInstance } from './instance.js';
import { type Load, send, startLoad } from './load.js';
import { shareOf } from './outcomes.js';
import { freePorts } from './ports.js';
import { endSplitters, type SplitterProcess, startSplitter } from './program.js';
import { until } from './until.js';
import { type RunningVersion, startVersion } from './version.js';

const WAIT = 60_000;
const BLUE = [{ name: 'blue', filter: versionFilter('2') }];
const PERSON = 'person';
const CLOCK = 'clock';
const PROGRAM = 'program';
const SIGNAL = 'signal';
const SERVICES = [PERSON, CLOCK, PROGRAM, SIGNAL] as const;
type Name = (typeof SERVICES)[number];

/** What each service's rollout does; the first three stand at 50 %, the last one bakes at 100 %. */
const PLANS: Readonly<Record<Name, string>> = {
  person: 'steps: [{ weight: 50 }, { pause: {} }]',
  clock: 'steps: [{ weight: 50 }, { pause: 10m }]\ndeadline: 15s',
  program: `steps: [{ weight: 50 }, { run: { command: [sh, -c, "sleep 12; exit 1"], timeout: 60s } }, { weight: 100 }]`,
  signal: 'steps: [{ weight: 100 }]\nbake: 10m\nsignals: [{ name: errors, source: envoy, metric: errors, max: 1% }]',
};
const WANTED: Readonly<Record<Exclude<Name, 'person'>, string>> = {
  clock: 'DeadlineExceeded',
  program: 'RunFailed',
  signal: 'SignalFailed',
};

describe('a stable that has nobody left, on a real mesh', () => {
  let consul: ConsulAgent;
  let shell: Shell;
  let caller: Instance;
  const blue = new Map<Name, RunningVersion>();
  const green = new Map<Name, RunningVersion>();
  const ports = new Map<Name, number>();
  const url = (name: Name): string => `http://127.0.0.1:${ports.get(name)}/`;
  const put = (entry: object) => consul.api('PUT', '/v1/config', entry);

  before(async function () {
    this.timeout(180_000);
    consul = await startConsulAgent();
    shell = new Shell(consul.address);
    for (const Name of SERVICES) await put({ Kind: 'service-defaults', Name, Protocol: 'http' });
    for (const [i, port] of (await freePorts(SERVICES.length)).entries()) ports.set(SERVICES[i]!, port);
    const [callerPort] = (await freePorts(1)) as [number];
    // Two Envoys at a time: all nine at once take longer to come up than one may.
    for (const name of SERVICES)
      await Promise.all([
        startBlue(name).then((one) => blue.set(name, one)),
        startVersion(consul, name, '3').then((one) => green.set(name, one)),
      ]);
    caller = await startInstance(consul, {
      service: 'web',
      id: 'web',
      port: callerPort,
      upstreams: Object.fromEntries(ports),
    });
    for (const name of SERVICES) await until(`an answer of ${name}`, WAIT, async () => (await send(url(name))).status === 200);
  });
  after(async () => {
    endSplitters();
    await Promise.all([...blue.values(), ...green.values()].map((version) => version.end()));
    await caller?.sidecar.stop();
    await consul?.stop();
  });

  /** Of `program` the old version is registered with a warning weight of 0. */
  function startBlue(name: Name): Promise<RunningVersion> {
    return startVersion(consul, name, '2', '2', name === PROGRAM ? { weights: { Passing: 1, Warning: 0 } } : {});
  }

  it('counts as ready whom Consul sends requests to, and nobody else', async () => {
    const resolver = (Name: Name, OnlyPassing: boolean) =>
      put({
        Kind: 'service-resolver',
        Name,
        Subsets: { blue: { Filter: versionFilter('2'), OnlyPassing }, green: { Filter: versionFilter('3') } },
      });
    const splitter = (Name: Name) =>
      put({
        Kind: 'service-splitter',
        Name,
        Splits: [
          { Weight: 100, ServiceSubset: 'blue' },
          { Weight: 0, ServiceSubset: 'green' },
        ],
      });
    for (const name of [PERSON, PROGRAM] as const) {
      await resolver(name, false);
      await until(`an answer of ${name} behind its resolver`, WAIT, async () => (await send(url(name))).status === 200);
      await splitter(name);
    }
    const maintain = (path: string, on: boolean) => consul.api('PUT', `/v1/agent/${path}?enable=${on}`);
    const own = (name: Name) => blue.get(name)!.instance;
    const plain = () => resolver(PERSON, false);
    const nodeWarns = (Status: string) =>
      consul.api('PUT', '/v1/agent/check/register', { ID: 'disk', Name: 'disk', TTL: '24h', Status });
    const rows: readonly (readonly [string, Name, boolean, () => Promise<unknown>])[] = [
      ['passing', PERSON, true, plain],
      ['in warning', PERSON, true, () => own(PERSON).warn()],
      ['in warning, OnlyPassing', PERSON, false, () => resolver(PERSON, true)],
      ['passing again, OnlyPassing', PERSON, true, () => own(PERSON).pass()],
      ['on a node in warning, OnlyPassing', PERSON, false, () => nodeWarns('warning')],
      ['on a node in warning', PERSON, true, plain],
      ['on a node in warning, with a warning weight of 0', PROGRAM, false, async () => {}],
      ['on a node that passes, with a warning weight of 0', PROGRAM, true, () => consul.api('PUT', '/v1/agent/check/pass/disk')],
      ['in warning, with a warning weight of 0', PROGRAM, false, () => own(PROGRAM).warn()],
      ['passing, with a warning weight of 0', PROGRAM, true, () => own(PROGRAM).pass()],
      ['all critical', PERSON, false, () => own(PERSON).fail()],
      ['passing once more', PERSON, true, () => own(PERSON).pass()],
      ['in maintenance', PERSON, false, () => maintain(`service/maintenance/${own(PERSON).id}`, true)],
      ['out of maintenance', PERSON, true, () => maintain(`service/maintenance/${own(PERSON).id}`, false)],
      ['on a node in maintenance', PERSON, false, () => maintain('maintenance', true)],
      ['on a node out of maintenance', PERSON, true, () => maintain('maintenance', false)],
    ];
    const mesh = new ConsulMesh(new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: consul.address })));
    for (const [what, name, serves, make] of rows) {
      await make();
      await until(`blue of ${name} counted, ${what}`, WAIT, async () => {
        const { entry } = await mesh.readEntry('service-resolver', name);
        const { blue: counted } = await mesh.countInstances(name, BLUE, entry);
        return serving(counted) > 0 === serves;
      });
      await until(`blue of ${name} ${serves ? 'served' : 'refused'}, ${what}`, WAIT, async () => {
        const answers = await Promise.all(Array.from({ length: 5 }, () => send(url(name))));
        return answers.every(({ status }) => (status === 200) === serves);
      });
    }
    await consul.api('PUT', '/v1/agent/check/deregister/disk');
  });

  it('keeps whom it serves whatever wants to go back, and goes back by itself when somebody is there', async () => {
    const plan = (name: Name) =>
      planFile(`service: ${name}\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\n${PLANS[name]}\n`);
    const drivers = new Map<Name, SplitterProcess>();
    for (const name of SERVICES) drivers.set(name, startSplitter(consul.address, `start ${plan(name)} --foreground`));
    const share = async (name: Name): Promise<number | undefined> => {
      const entry = await consul.api<{ Splits: readonly { Weight: number; ServiceSubset: string }[] }>(
        'GET',
        `/v1/config/service-splitter/${name}`,
      );
      return entry?.Splits.find(({ ServiceSubset }) => ServiceSubset === 'green')?.Weight;
    };
    const target = (name: Name): number => (name === SIGNAL ? 100 : 50);
    const status = (name: Name) => shell.json(`status ${name}`);
    for (const name of SERVICES) await until(`${name} at its weight`, WAIT, async () => (await share(name)) === target(name));
    const loads = new Map<Name, Load>(SERVICES.map((name) => [name, startLoad({ url: url(name), rps: 20 })]));
    try {
      await Promise.all(SERVICES.map((name) => blue.get(name)!.leave()));
      green.get(SIGNAL)!.app.errorRate = 0.1;
      for (const name of SERVICES.filter((one) => one !== PERSON))
        await until(
          `${name} is held: ${drivers.get(name)!.output()}`,
          WAIT,
          async () => (await status(name)).reason === 'StableGone',
        );
      const refused = await shell.run(`abort ${PERSON}`);
      expect(refused.code, refused.err).to.equal(1);
      expect(refused.err).to.match(/no instance of blue is left/);
      expect(refused.err).to.match(/splitter promote person --full .*splitter abort person --force/);
      const told = (await shell.run(`status ${PERSON}`)).out;
      expect(told).to.match(/no instance of blue is left, so nothing could go back/);
      expect(told).to.match(/-> .*splitter promote person --full .*splitter abort person --force/);
      for (const name of SERVICES) {
        expect(await share(name), name).to.equal(target(name));
        const from = loads.get(name)!.results().length;
        await until(`requests of ${name}`, WAIT, async () => loads.get(name)!.results().length >= from + 100);
        const last = loads.get(name)!.results().slice(from);
        expect(shareOf('3', last), name).to.be.within(target(name) / 100 - 0.2, 1);
        // Whoever green answers is served, but for the failures that are its own.
        expect(last.filter(({ version, status }) => version !== undefined && status !== 200 && name !== SIGNAL)).to.deep.equal(
          [],
        );
      }
      await Promise.all(SERVICES.map(async (name) => blue.set(name, await startBlue(name))));
      for (const [name, reason] of Object.entries(WANTED)) {
        await until(`${name} is back`, WAIT, async () => (await status(name as Name)).reason === reason);
        expect(await share(name as Name), name).to.equal(0);
      }
      expect((await shell.run(`abort ${PERSON}`)).code).to.equal(0);
      for (const name of SERVICES)
        await until(`all of ${name} on blue`, WAIT, async () => shareOf('2', loads.get(name)!.results().slice(-20)) === 1);
    } finally {
      await Promise.all([...loads.values()].map((load) => load.stop()));
    }
  });
});
