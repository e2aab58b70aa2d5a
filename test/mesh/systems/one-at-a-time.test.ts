import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Shell, until } from '../../support/shell.js';
import { type ConsulAgent, startConsulAgent } from '../consul.js';
import { type Instance, startInstance } from '../instance.js';
import { type Load, startLoad } from '../load.js';
import { failuresIn, shareOf } from '../outcomes.js';
import { freePorts } from '../ports.js';
import { endSplitters } from '../program.js';
import { type Prometheus, startPrometheus } from '../prometheus.js';
import { backendBinary } from './backend-binary.js';
import { type Fleet, startFleet } from './fleet.js';
import { Transcript } from './transcript.js';

const SERVICE = 'backend-api';
const NODES = ['backend-api-1', 'backend-api-2', 'backend-api-3'];
const PLAN = 'examples/one-at-a-time.yaml';
const SCRIPTS = 'examples/one-at-a-time';

describe('one backend at a time, on a real mesh of three nodes', function () {
  this.timeout(600_000);
  let consul: ConsulAgent;
  let caller: Instance;
  let fleet: Fleet;
  let prometheus: Prometheus;
  let shell: Shell;
  let load: Load;
  let session: Transcript;
  let env: Readonly<Record<string, string>>;
  /** The environment in which a migration breaks the version before it. */
  let breaking: Readonly<Record<string, string>>;

  before(async () => {
    consul = await startConsulAgent();
    shell = new Shell(consul.address);
    const [upstream, callerPort] = (await freePorts(2)) as [number, number];
    const url = `http://127.0.0.1:${upstream}/`;
    for (const Name of [SERVICE, 'web'])
      await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name, Protocol: 'http' });
    fleet = await startFleet(consul, NODES, `${url}api/v1/health`);
    caller = await startInstance(consul, { service: 'web', id: 'web', port: callerPort, upstreams: { [SERVICE]: upstream } });
    prometheus = await startPrometheus([...fleet.metrics, caller.metrics]);
    load = startLoad({ url, rps: 60 });
    await until('every version answers', () => shareOf('2', load.results().slice(-30)) === 1, 60_000);
    const builds = join(fleet.folder, 'build');
    mkdirSync(builds);
    for (const [name, behaviour] of Object.entries({
      good: { version: '3' },
      bad: { version: '4', errorRate: 0.2 },
      sick: { version: '5', sick: true },
      mended: { version: '6' },
    }))
      writeFileSync(join(builds, name), backendBinary(behaviour));
    writeFileSync(join(builds, 'drop.sql'), 'ALTER TABLE users DROP COLUMN nickname;\n');
    env = {
      SPLITTER_VAR_fleet: fleet.folder,
      SPLITTER_VAR_prometheus: prometheus.address,
      SPLITTER_VAR_artifact: join(builds, 'good'),
      SPLITTER_VAR_window: '10s',
      SPLITTER_VAR_peer_window: '5s',
      SPLITTER_VAR_bake: '5s',
      SPLITTER_VAR_probe: '1s',
      SPLITTER_VAR_rate: '10s',
    };
    breaking = { SPLITTER_VAR_migrations: builds };
    session = new Transcript('one-at-a-time', 'One backend at a time: a session', consul.address);
    session.name(prometheus.address, 'http://127.0.0.1:9090');
    session.say(
      'What stays the same from release to release is said by the environment: `SPLITTER_VAR_fleet`, `SPLITTER_VAR_prometheus`, and, for a session that is soon over, a window of 10s, 5s for peers and bake, probes every second. So is the `artifact` of each build here, and the folder of the migrations where it is another one.',
    );
  });
  after(async () => {
    endSplitters();
    await load?.stop();
    await prometheus?.stop();
    await fleet?.stop();
    await caller?.sidecar.stop();
    await consul?.stop();
  });

  const build = (name: string): string => join(fleet.folder, 'build', name);
  /** Runs one of the example's scripts as a person would; gives its exit code. */
  const script = (line: string, more: Readonly<Record<string, string>> = {}): Promise<number> =>
    new Promise((resolve) => {
      const [file = '', ...words] = line.replaceAll('FLEET', fleet.folder).split(' ');
      execFile(
        join(SCRIPTS, file),
        words,
        { env: { ...process.env, CONSUL_HTTP_ADDR: consul.address, ...more } },
        (error, out, err) => {
          const code = error === null ? 0 : Number(error.code);
          session.note(
            `${Object.entries(more)
              .map(([name, value]) => `${name}=${value} `)
              .join('')}${SCRIPTS}/${line.replaceAll('FLEET', 'fleet')}`,
            out + err,
            code,
          );
          resolve(code);
        },
      );
    });
  const start = (flags = '', more: Readonly<Record<string, string>> = {}) =>
    session.run(`start ${PLAN} --foreground${flags}`, { ...env, ...more });
  const status = () => shell.json(`status ${SERVICE}`);
  const weights = async () => {
    const { stable, canary } = await status();
    return { [stable.subset]: stable.weight.stored, [canary.subset]: canary.weight.stored };
  };
  const on = (version: string) => Object.fromEntries(NODES.map((name) => [name, version]));

  it('refuses without a last known good, in a game day and with a migration that the old version cannot live with', async () => {
    session.say('Before anything: nothing is preserved yet, and the checks of the plan say so.');
    const bare = await start();
    expect(bare.code, bare.output).to.equal(1);
    expect(bare.output).to.match(/no last known good at .*backend-api\.previous: run preserve\.sh/);
    expect(await script(`preserve.sh FLEET ${NODES.join(' ')}`)).to.equal(0);

    session.say('A game day is on.');
    await consul.api('PUT', '/v1/kv/ops/game-day', 'dana: we pull a rack, until noon');
    const loud = await start();
    expect([loud.code, loud.output.includes('a game day is on: dana: we pull a rack, until noon')], loud.output).to.deep.equal([
      1,
      true,
    ]);
    await consul.api('DELETE', '/v1/kv/ops/game-day');

    session.say('A migration drops a column.');
    const dropped = await start('', breaking);
    expect([dropped.code, dropped.output.includes('drop.sql:1: drops a column')], dropped.output).to.deep.equal([1, true]);
    expect((await consul.api('GET', `/v1/config/service-splitter/${SERVICE}`)) ?? 'none').to.equal('none');
    expect(await fleet.versions()).to.deep.equal(on('2'));
  });

  it('moves node after node under watch, the check that was skipped is on record, and no request fails', async () => {
    session.say('Somebody has split that migration in their head: this one check is skipped, and all others run.');
    const before = load.results().length;
    const { code, output } = await start(' --skip-check migrations', breaking);
    expect(code, output).to.equal(0);
    expect(await fleet.versions()).to.deep.equal(on('3'));
    expect(await weights()).to.deep.equal({ blue: 0, green: 100 });
    const { code: told, output: log } = await session.run(`history ${SERVICE}`);
    expect(told).to.equal(0);
    expect(log).to.match(/started by dana: blue is stable, green is canary; checks skipped by --skip-check: migrations/);
    expect(log).to.match(/ with .*window=10s/);
    for (const share of ['33%', '50%', '67%', '100%']) expect(log).to.include(`-> ${share}`);
    expect(log).to.match(/after_promote passed/);
    expect(failuresIn(load.results().slice(before))).to.deep.equal([]);
  });

  it('is rolled back by hand, wholly, without a failed request', async () => {
    session.say('The next day something leaks. Every node runs the new binary, so there is nothing to go back to at once:');
    const before = load.results().length;
    const early = await session.run(`undo ${SERVICE}`);
    expect([early.code, early.output.includes('no instance of blue is left')], early.output).to.deep.equal([1, true]);
    session.say('One node is put back by hand; then all users go there in one write, and the hook puts back the others.');
    expect(await script('restore-nodes.sh FLEET 2 previous 60 backend-api-1')).to.equal(0);
    const undone = await session.run(`undo ${SERVICE}`, env);
    expect(undone.code, undone.output).to.equal(0);
    expect(await fleet.versions()).to.deep.equal(on('2'));
    expect(await weights()).to.deep.equal({ blue: 100, green: 0 });
    await until('version 2 answers everything', () => shareOf('2', load.results().slice(-50)) === 1);
    expect(failuresIn(load.results().slice(before))).to.deep.equal([]);
  });

  it('takes a canary back whose errors turn red, and puts the old binary back', async () => {
    session.say('A binary that fails one answer in five: the first red probe takes it back.');
    const before = load.results().length;
    const { code, output } = await start(' --var green=4', { SPLITTER_VAR_artifact: build('bad') });
    expect(code, output).to.equal(3);
    const { phase, reason } = await status();
    expect({ phase, reason }).to.deep.equal({ phase: 'Reverted', reason: 'SignalFailed' });
    expect(await fleet.versions()).to.deep.equal(on('2'));
    expect(await weights()).to.deep.equal({ blue: 100, green: 0 });
    const { out: log } = await shell.run(`history ${SERVICE}`);
    expect(log).to.match(/errors Failed: .*\n[\s\S]*after_revert passed/);
    const failed = failuresIn(load.results().slice(before));
    expect(new Set(failed.map(({ version }) => version))).to.deep.equal(new Set(['4']));
  });

  it('takes a canary back that is not healthy in time, before any user meets it', async () => {
    session.say('A binary whose health address answers 500.');
    const before = load.results().length;
    const { code, output } = await start(' --var green=5 --var healthy_within=5s', { SPLITTER_VAR_artifact: build('sick') });
    expect(code, output).to.equal(3);
    expect(output).to.match(/is not healthy within 5s of its restart/);
    expect(await fleet.versions()).to.deep.equal(on('2'));
    expect(failuresIn(load.results().slice(before))).to.deep.equal([]);
  });

  it('goes on after a kill -9 in the middle of a move, and after a peer that failed for its own reasons', async () => {
    session.say('The driver is killed while the first node restarts.');
    const before = load.results().length;
    const restarts = fleet.restarts.get('backend-api-2')!;
    const release = fleet.holdRestarts();
    const mended = { ...env, SPLITTER_VAR_artifact: build('mended') };
    const first = session.start(`start ${PLAN} --foreground --var green=6`, mended);
    await until(
      'the node has the new binary',
      () => existsSync(join(fleet.folder, 'backend-api-2', 'backend-api.pending')),
      60_000,
    );
    first.process.kill('SIGKILL');
    expect((await first.ended).code).to.equal(137);
    const { rollout } = await status();
    release();

    session.say(
      'The same command again. On the second node the disk is full, as it were: the version is fine, and nothing is taken back.',
    );
    const blocked = join(fleet.folder, 'backend-api-1', 'backend-api.new');
    mkdirSync(blocked);
    const second = session.start(`start ${PLAN} --foreground --var green=6`, mended);
    await until('it stands at the second node', async () => (await status()).reason === 'ProgramFailed', 120_000);
    expect(await weights()).to.deep.equal({ blue: 50, green: 50 });

    session.say('Mended, and in another terminal:');
    rmSync(blocked, { recursive: true });
    expect((await session.run(`resume ${SERVICE}`)).code).to.equal(0);
    const { code, output } = await second.ended;
    expect(code, output).to.equal(0);
    expect((await status()).rollout).to.equal(rollout);
    expect(await fleet.versions()).to.deep.equal(on('6'));
    expect(await weights()).to.deep.equal({ blue: 0, green: 100 });
    expect(fleet.restarts.get('backend-api-2')! - restarts).to.be.within(1, 2);
    expect(failuresIn(load.results().slice(before))).to.deep.equal([]);
    session.close();
  });
});
