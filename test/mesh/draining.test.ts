import type { Socket } from 'node:net';
import { expect } from 'chai';
import type { Draining } from '../../src/core/draining.js';
import { Shell, until } from '../support/shell.js';
import { type Sidecar, startGateway } from './envoy.js';
import { type Instance, startInstance } from './instance.js';
import { type Load, type Outcome, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { freePorts } from './ports.js';
import { openWebSocket } from './web-socket.js';

const SAFE = 'blue is drained: safe to stop';
const SLOW = 6_000;

describe('an old version is stopped when splitter says that it is drained, on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  let ingress: Sidecar;
  let plain: Instance;
  let edge: Sidecar;
  let sockets: readonly Socket[] = [];
  const urls = { ingress: '', plain: '', edge: '' };
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    const [listener, port, up, edgeListener, edgePort, edgeMetrics] = (await freePorts(6)) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    await mesh.putConfig({
      Kind: 'ingress-gateway',
      Name: 'ingress',
      Listeners: [{ Port: listener, Protocol: 'http', Services: [{ Name: SERVICE, Hosts: ['*'] }] }],
    });
    // It shows no metrics: nobody can read what it has under way.
    const gateway = { Kind: 'ingress-gateway', Name: 'ingress', ID: 'ingress', Address: '127.0.0.1', Port: port };
    await mesh.consul.api('PUT', '/v1/agent/service/register', gateway);
    await mesh.putConfig({
      Kind: 'service-defaults',
      Name: 'plain',
      Protocol: 'http',
      UpstreamConfig: { Overrides: [{ Name: SERVICE, Protocol: 'tcp' }] },
    });
    await mesh.putConfig({
      Kind: 'api-gateway',
      Name: 'edge',
      Listeners: [{ Name: 'all', Port: edgeListener, Protocol: 'http' }],
    });
    await mesh.putConfig({
      Kind: 'http-route',
      Name: 'edge',
      Parents: [{ Kind: 'api-gateway', Name: 'edge', SectionName: 'all' }],
      Rules: [{ Matches: [{ Path: { Match: 'prefix', Value: '/' } }], Services: [{ Name: SERVICE }] }],
    });
    await mesh.consul.api('PUT', '/v1/agent/service/register', {
      ...{ Kind: 'api-gateway', Name: 'edge', ID: 'edge', Address: '127.0.0.1', Port: edgePort },
      Proxy: { Config: { envoy_prometheus_bind_addr: `127.0.0.1:${edgeMetrics}` } },
    });
    [ingress, edge, plain] = await Promise.all([
      startGateway(mesh.consul, 'ingress', 'ingress'),
      startGateway(mesh.consul, 'api', 'edge'),
      startInstance(mesh.consul, { service: 'plain', id: 'plain', port: 1, upstreams: { [SERVICE]: up } }),
    ]);
    const at = (own: number): string => `http://127.0.0.1:${own}/`;
    Object.assign(urls, { ingress: at(listener), plain: at(up), edge: at(edgeListener) });
    for (const [name, url] of Object.entries(urls))
      await until(`an answer by ${name}`, async () => (await send(url)).status === 200);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await load?.stop();
    await Promise.all([ingress?.kill(), edge?.kill(), plain?.sidecar.kill()]);
    await mesh?.stop();
  });
  const draining = async (): Promise<Draining> => (await shell.json(`status ${SERVICE}`)).draining;

  it('not while a WebSocket from before the split or a slow request of anybody is on it, nor while an unread gateway may send one', async () => {
    sockets = await Promise.all(Array.from({ length: 8 }, () => openWebSocket(mesh.url)));
    const begun = await shell.run(`ramp ${SERVICE} --to 50 --signal none`);
    expect(begun.code, begun.err).to.equal(0);
    expect(await draining()).to.equal(undefined);
    load = startLoad({ url: mesh.url, rps: 100, connections: 256 });
    await until('both answer', () => ['2', '3'].every((version) => shareOf(version, load.results().slice(-100)) > 0.2));
    const old = mesh.apps.get('2')!;
    old.latencyMs = SLOW;
    // Of so many some go to blue, and each waits there.
    const slow: (Outcome & { readonly by: string })[] = [];
    const asked = [mesh.url, urls.ingress, urls.plain, urls.edge].flatMap((url) =>
      Array.from({ length: 12 }, () => send(url).then((outcome) => slow.push({ ...outcome, by: url }))),
    );
    await until('slow ones are under way', async () => {
      const text = await (await fetch(`http://${mesh.callerMetrics}/metrics`)).text();
      return /^envoy_cluster_upstream_rq_active\{[^}]*service_subset="blue"[^}]*\} [1-9]/m.test(text);
    });
    const full = await shell.run(`promote ${SERVICE} --full`);
    expect(full.err, full.err).to.match(/\nblue is not drained: \d+ requests? (is|are) in flight\n/);
    expect(full.err).not.to.contain('safe to stop');

    const said: Draining[] = [];
    const say = async (): Promise<Draining> => {
      said.push(await draining());
      return said.at(-1)!;
    };
    // Where the version is the old one it was slow, so one of each way was there.
    await until('all are answered', async () => (await say()) !== undefined && slow.length === asked.length, 30_000);
    expect(slow.filter(({ status }) => status !== 200)).to.deep.equal([]);
    for (const url of [mesh.url, ...Object.values(urls)])
      expect(
        shareOf(
          '2',
          slow.filter(({ by }) => by === url),
        ),
        `slow ones by ${url}`,
      ).to.be.greaterThan(0);
    await until('the WebSockets are left', async () => ((await say()).inFlight ?? 99) <= sockets.length, 30_000);
    expect(said.at(-1)!.message).to.match(/^blue is not drained: \d requests? (is|are) in flight$/);
    for (const socket of sockets) socket.destroy();
    await until('no request is left', async () => (await say()).inFlight === 0, 10_000);
    await until('who may send one is named', async () => (await say()).drained === null, 10_000);
    expect(said.at(-1)!.message).to.match(
      /^not known: blue may have requests of .*ingress \(cannot be read: it shows no metrics\)/,
    );
    expect(said.at(-1)!.message).to.contain(`plain (speaks tcp to ${SERVICE})`);
    expect(
      said.filter(({ drained }) => drained === true),
      'said too early',
    ).to.deep.equal([]);

    await ingress.stop();
    await until('it is drained', async () => (await draining()).drained === true, 30_000);
    expect(await draining()).to.deep.equal({ subset: 'blue', drained: true, inFlight: 0, message: SAFE });

    await mesh.stopVersion('2');
    await until('the new one answers', () => shareOf('3', load.results().slice(-100)) === 1);
    expect(failuresIn(await load.stop()), 'failed requests').to.deep.equal([]);
    expect(await draining(), 'nothing of it runs any more').to.equal(undefined);
  });
}).timeout(120_000);
