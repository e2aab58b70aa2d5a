import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { isPassing } from '../../src/consul/errors.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { ConsulMesh } from '../../src/consul/mesh.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { Store } from '../../src/consul/store.js';
import { followPlans } from '../../src/controller/plans-directory.js';
import { type Consul, startConsul } from '../../src/sandbox/consul/serve.js';
import { deployVersion } from '../../src/sandbox/mesh/instances.js';
import { yamlPlan } from '../plan/spell.js';
import { until } from '../support/shell.js';

const PACE = { rescan: 100, quiet: 30, retry: 50, longest: 200, catchUp: 3_000 };

/** A plan whose only step is this weight. */
function planText(service: string, weight: number, protocol = 'protocol: http'): string {
  return yamlPlan({ steps: `steps:\n  - weight: ${weight}`, more: `stable: blue\n${protocol}` }).replace('payments', service);
}

describe('followPlans', function () {
  this.timeout(30_000);
  let consul: Consul;
  let client: ConsulClient;
  let store: Store;
  let home: string;
  let plans: string;
  let stops: (() => Promise<void>)[];

  beforeEach(async () => {
    consul = await startConsul();
    client = new ConsulClient(resolveSettings({}, { CONSUL_HTTP_ADDR: consul.address }));
    store = new Store(new ConsulKv(client), 'splitter/');
    home = realpathSync(mkdtempSync(join(tmpdir(), 'splitter-follow-')));
    plans = join(home, 'plans');
    mkdirSync(plans);
    stops = [];
    for (const service of ['payments', 'orders'])
      for (const version of ['2', '3']) deployVersion(consul.state, service, version, 1, undefined);
  });
  afterEach(async () => {
    await Promise.all(stops.map((stop) => stop()));
    client.destroy();
    await consul.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const put = (path: string, text: string): void => {
    const whole = join(home, path);
    mkdirSync(dirname(whole), { recursive: true });
    // Moved into place, as an editor does it.
    writeFileSync(`${whole}.part`, text);
    renameSync(`${whole}.part`, whole);
  };
  const remove = (path: string): void => rmSync(join(home, path), { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', home, '-c', 'user.name=dana', '-c', 'user.email=dana@example.com', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const weightOf = async (service: string): Promise<number | undefined> => {
    const step = (await store.readPlan(service))?.plan.steps[0];
    return step?.kind === 'weight' ? step.to / 100 : undefined;
  };
  const config = async (kind: string, service: string): Promise<number> =>
    (await fetch(`${consul.address}/v1/config/${kind}/${service}`)).status;

  let invalid = -1;
  /** A controller that follows the directory; gives what it told. */
  function follow(directory = plans, isLeader = (): boolean => true) {
    const told: string[] = [];
    const abort = new AbortController();
    const mesh = new ConsulMesh(client);
    const done = followPlans(
      directory,
      {
        reach: () => ({ mesh, store, settle: async (plan) => plan }),
        clock: { now: () => Date.now() },
        isLeader,
        isPassing,
        events: {
          onApplied: ({ service }, source) => told.push(`applied ${service} ${source}`),
          onRefused: (diagnostics) =>
            told.push(...diagnostics.map(({ file, line, column, message }) => `refused ${file}:${line}:${column} ${message}`)),
          onForgotten: (service, source) => told.push(`forgotten ${service} ${source}`),
          onNote: (message) => told.push(`note ${message}`),
          onInvalid: (files) => {
            invalid = files;
          },
        },
      },
      abort.signal,
      PACE,
    );
    stops.push(async () => {
      abort.abort();
      await done;
    });
    return told;
  }
  const heard = (told: readonly string[], what: RegExp): Promise<void> =>
    until(`${what} is told (told: ${told.join('; ')})`, () => told.some((line) => what.test(line)));
  /** Long enough for several looks, so that what should not happen could have happened. */
  const looks = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 6 * (PACE.rescan + 2 * PACE.quiet)));

  it('applies what is there and what changes, each once, and writes the base', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    const told = follow();
    await heard(told, /^applied payments/);
    expect(await weightOf('payments')).to.equal(10);
    expect([await config('service-resolver', 'payments'), await config('service-splitter', 'payments')]).to.deep.equal([
      200, 200,
    ]);
    put('plans/payments.yaml', planText('payments', 20));
    put('plans/more/orders.yaml', planText('orders', 30));
    await until('both are applied', async () => (await weightOf('payments')) === 20 && (await weightOf('orders')) === 30);
    await looks();
    expect(told).to.have.members([
      `applied payments ${plans}/payments.yaml`,
      `applied payments ${plans}/payments.yaml`,
      `applied orders ${plans}/more/orders.yaml`,
    ]);
  });

  it('refuses a bad file with its place, once for each content, while the last good plan stays', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    const told = follow();
    await heard(told, /^applied payments/);
    put('plans/payments.yaml', planText('payments', 10).replace('weight: 10', 'wieght: 10'));
    await heard(told, /^refused .*payments\.yaml:6:5 .*wieght/);
    expect(invalid).to.equal(1);
    put('plans/orders.yaml', planText('orders', 30));
    await heard(told, /^applied orders/);
    expect(await weightOf('payments')).to.equal(10);
    expect(told.filter((line) => line.startsWith('refused'))).to.have.length(1);
    put('plans/payments.yaml', planText('payments', 15));
    await until('the mended plan is applied', async () => (await weightOf('payments')) === 15);
    expect(invalid).to.equal(0);
  });

  it('forgets a plan whose file is gone, and touches nothing else', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    put('plans/orders.yaml', planText('orders', 30));
    const told = follow();
    await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
    remove('plans/payments.yaml');
    await heard(told, /^forgotten payments .*payments\.yaml/);
    expect(await store.readPlan('payments')).to.equal(undefined);
    expect([await config('service-resolver', 'payments'), await config('service-splitter', 'payments')]).to.deep.equal([
      200, 200,
    ]);
    expect(await weightOf('orders')).to.equal(30);
  });

  it('leaves a plan that somebody else applied since', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    put('plans/orders.yaml', planText('orders', 30));
    const told = follow();
    await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
    const kept = (await store.readPlan('payments'))!;
    await store.savePlan({ ...kept, digest: 'f00d', source: 'by-hand.yaml' });
    remove('plans/payments.yaml');
    await heard(told, /^note the plan of payments stays: it was applied from by-hand\.yaml/);
    expect((await store.readPlan('payments'))?.digest).to.equal('f00d');
  });

  for (const [what, lose, bring] of [
    ['vanishes', () => renameSync(plans, `${plans}.away`), () => renameSync(`${plans}.away`, plans)],
    [
      'is empty',
      () => {
        renameSync(plans, `${plans}.away`);
        mkdirSync(plans);
      },
      () => {
        remove('plans');
        renameSync(`${plans}.away`, plans);
      },
    ],
  ] as const)
    it(`a directory that ${what} is trouble, told once, and forgets nothing; it is followed again when it is back`, async () => {
      put('plans/payments.yaml', planText('payments', 10));
      const told = follow();
      await heard(told, /^applied payments/);
      lose();
      await heard(told, /^note there is no .*; the plans that were applied stay in force/);
      await looks();
      expect(told.filter((line) => line.startsWith('note'))).to.have.length(1);
      expect(await weightOf('payments')).to.equal(10);
      bring();
      put('plans/payments.yaml', planText('payments', 20));
      await until('the change is applied', async () => (await weightOf('payments')) === 20);
    });

  it('a file that cannot be read is refused and holds up no other, and nothing is forgotten meanwhile', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    put('plans/orders.yaml', planText('orders', 30));
    const told = follow();
    await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
    // A link to itself: no user, not even root, can read that.
    remove('plans/payments.yaml');
    symlinkSync('payments.yaml', join(plans, 'payments.yaml'));
    put('plans/orders.yaml', planText('orders', 35));
    await heard(told, /^refused .*payments\.yaml:1:1 cannot be read \(ELOOP\)/);
    await until('the other is applied', async () => (await weightOf('orders')) === 35);
    expect(await weightOf('payments')).to.equal(10);
  });

  it('follows a link that is swapped, and the links of a mounted ConfigMap', async () => {
    put('releases/1/payments.yaml', planText('payments', 10));
    put('releases/2/payments.yaml', planText('payments', 20));
    symlinkSync('releases/1', join(home, 'current'));
    put('map/..one/orders.yaml', planText('orders', 30));
    put('map/..two/orders.yaml', planText('orders', 40));
    symlinkSync('..one', join(home, 'map/..data'));
    symlinkSync('..data/orders.yaml', join(home, 'map/orders.yaml'));
    follow(join(home, 'current'));
    follow(join(home, 'map'));
    await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
    for (const [target, link] of [['releases/2', 'current'] as const, ['..two', 'map/..data'] as const]) {
      symlinkSync(target, join(home, `${link}.new`));
      renameSync(join(home, `${link}.new`), join(home, link));
    }
    await until('both swaps are applied', async () => (await weightOf('payments')) === 20 && (await weightOf('orders')) === 40);
  });

  it('a plan that preflight refuses is told once, tried again, and applied once the cause is mended', async () => {
    put('plans/payments.yaml', planText('payments', 10, ''));
    const told = follow();
    await heard(told, /^refused .*payments\.yaml:1:10 the mesh speaks tcp .*\[protocol\]/);
    await looks();
    expect(told).to.have.length(1);
    expect(await store.readPlan('payments')).to.equal(undefined);
    const body = JSON.stringify({ Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
    await fetch(`${consul.address}/v1/config`, { method: 'PUT', body });
    await heard(told, /^applied payments/);
  });

  it('waits for a Consul without a leader, says so once, and goes on', async () => {
    put('plans/payments.yaml', planText('payments', 10));
    consul.faults.leaderless = true;
    const told = follow();
    await heard(told, /^note plans wait to be applied: Consul has no leader/);
    await looks();
    expect(told).to.have.length(1);
    consul.faults.leaderless = false;
    await heard(told, /^applied payments/);
  });

  describe('beside others', () => {
    it('only the leader applies; whoever takes over does not go back to what its own late copy says', async () => {
      put('one/payments.yaml', planText('payments', 10));
      put('two/payments.yaml', planText('payments', 10));
      let leader = 'one';
      const two = follow(join(home, 'two'), () => leader === 'two');
      await looks();
      const one = follow(join(home, 'one'), () => leader === 'one');
      await heard(one, /^applied payments/);
      put('one/payments.yaml', planText('payments', 20));
      await until('the leader applies', async () => (await weightOf('payments')) === 20);
      leader = 'two';
      await looks();
      put('two/payments.yaml', planText('payments', 20));
      await looks();
      expect([await weightOf('payments'), two]).to.deep.equal([20, []]);
      put('two/payments.yaml', planText('payments', 30));
      await heard(two, /^applied payments/);
      await looks();
      expect(await weightOf('payments')).to.equal(30);
      expect(one).to.have.length(2);
    });

    it('a change that the last leader did not live to apply is applied by the next one', async () => {
      put('one/payments.yaml', planText('payments', 20));
      put('two/payments.yaml', planText('payments', 30));
      let leader = 'one';
      const two = follow(join(home, 'two'), () => leader === 'two');
      await looks();
      await heard(
        follow(join(home, 'one'), () => leader === 'one'),
        /^applied payments/,
      );
      leader = 'two';
      await heard(two, /^applied payments/);
      expect(await weightOf('payments')).to.equal(30);
    });

    it('who does not lead validates, and applies what is still owed once it leads', async () => {
      put('plans/payments.yaml', planText('payments', 10));
      put('plans/broken.yaml', 'service: 3');
      let leads = false;
      const told = follow(plans, () => leads);
      await heard(told, /^refused .*broken\.yaml:1:10/);
      await looks();
      expect(await store.readPlan('payments')).to.equal(undefined);
      leads = true;
      await heard(told, /^applied payments/);
    });
  });

  describe('in a git work tree', () => {
    beforeEach(() => {
      git('init', '--quiet', '--initial-branch=main');
      put('plans/payments.yaml', planText('payments', 10));
      put('plans/orders.yaml', planText('orders', 30));
      git('add', '.');
      git('commit', '--quiet', '-m', 'plans');
    });
    const head = (): string => git('rev-parse', '--short=10', 'HEAD');
    const sourceOf = async (service: string): Promise<string | undefined> => (await store.readPlan(service))?.source;

    it('the source is the path from the top with the commit, and says what differs from it', async () => {
      put('plans/orders.yaml', planText('orders', 35));
      follow();
      await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 35);
      expect([await sourceOf('payments'), await sourceOf('orders')]).to.deep.equal([
        `plans/payments.yaml@${head()}`,
        `plans/orders.yaml@${head()}+dirty`,
      ]);
    });

    it('waits while git writes, says so once, and takes what is there afterwards', async () => {
      const told = follow();
      await until('both are applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
      put('.git/index.lock', '');
      put('plans/payments.yaml', planText('payments', 20));
      await heard(told, /^note plans wait: git is writing the work tree \(.*index\.lock\)/);
      await looks();
      expect([await weightOf('payments'), told.filter((line) => line.startsWith('note')).length]).to.deep.equal([10, 1]);
      remove('.git/index.lock');
      git('commit', '--quiet', '-am', 'twenty');
      await until('the change is applied', async () => (await weightOf('payments')) === 20);
      expect(await sourceOf('payments')).to.match(/^plans\/payments\.yaml@[0-9a-f]{10}/);
    });

    it('waits while a merge has conflicts, and refuses nothing of what they look like', async () => {
      git('checkout', '--quiet', '-b', 'other');
      put('plans/payments.yaml', planText('payments', 20));
      git('commit', '--quiet', '-am', 'twenty');
      git('checkout', '--quiet', 'main');
      put('plans/payments.yaml', planText('payments', 40));
      git('commit', '--quiet', '-am', 'forty');
      const told = follow();
      await until('main is applied', async () => (await weightOf('payments')) === 40);
      expect(() => git('merge', '--quiet', 'other')).to.throw();
      await heard(told, /^note plans wait: a merge is under way/);
      await looks();
      expect([await weightOf('payments'), told.filter((line) => line.startsWith('refused'))]).to.deep.equal([40, []]);
      put('plans/payments.yaml', planText('payments', 50));
      git('commit', '--quiet', '-am', 'merged');
      await until('the merge is applied', async () => (await sourceOf('payments')) === `plans/payments.yaml@${head()}`);
      expect(await weightOf('payments')).to.equal(50);
    });

    it('a checkout of another branch is one change: what it changes is applied, what it lacks is forgotten', async () => {
      git('checkout', '--quiet', '-b', 'other');
      put('plans/payments.yaml', planText('payments', 20));
      git('rm', '--quiet', 'plans/orders.yaml');
      git('commit', '--quiet', '-am', 'twenty');
      git('checkout', '--quiet', 'main');
      const told = follow();
      await until('main is applied', async () => (await weightOf('payments')) === 10 && (await weightOf('orders')) === 30);
      const before = head();
      git('checkout', '--quiet', 'other');
      await heard(told, /^forgotten orders/);
      await until('the branch is applied', async () => (await weightOf('payments')) === 20);
      expect(told.filter((line) => line.startsWith('forgotten'))).to.deep.equal([`forgotten orders plans/orders.yaml@${before}`]);
      expect(await sourceOf('payments')).to.equal(`plans/payments.yaml@${head()}`);
    });
  });
});
