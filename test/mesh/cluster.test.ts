import { expect } from 'chai';
import { type ConsulCluster, type ConsulServer, startCluster } from './cluster.js';
import { until } from './until.js';

describe('a cluster of three Consul servers', function () {
  this.timeout(90_000);
  let cluster: ConsulCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  const write = (server: ConsulServer, value: string) => server.api('PUT', '/v1/kv/probe', value);
  const others = (leader: ConsulServer): readonly ConsulServer[] => cluster.servers.filter((server) => server !== leader);

  it('has one leader; killed, another one is elected, and a write is accepted through a survivor', async () => {
    const first = await cluster.waitForLeader();
    expect(await write(first, 'before')).to.equal(true);
    await first.kill();
    expect([first.running, alive(first.pid)]).to.deep.equal([false, false]);
    const second = await cluster.waitForLeader();
    expect(second).not.to.equal(first);
    const [survivor] = others(first).filter((server) => server !== second);
    await until('a write through the survivor', 15_000, async () => (await write(survivor!, 'after')) === true);
    await first.start();
    await until(
      'the restarted server has what it missed',
      30_000,
      async () => (await first.api('GET', '/v1/kv/probe?raw&stale')) === 'after',
    );
  });

  it('has no leader without a majority, and one again when a server is back, with nothing lost', async () => {
    const leader = await cluster.waitForLeader();
    expect(await write(leader, 'kept')).to.equal(true);
    const [one, two] = others(leader);
    await Promise.all([one!.kill(), two!.kill()]);
    await until('nobody leads', 30_000, async () => (await cluster.leader()) === undefined);
    await one!.start();
    await cluster.waitForLeader();
    expect(await leader.api('GET', '/v1/kv/probe?raw&consistent')).to.equal('kept');
    await two!.start();
  });

  it('leaves no process behind', async () => {
    const pids = cluster.servers.map(({ pid }) => pid);
    await cluster.stop();
    expect([pids.length, pids.filter(alive)]).to.deep.equal([3, []]);
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
