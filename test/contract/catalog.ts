import { expect } from 'chai';
import { type Ask, within } from './ask.js';

const ready = (id: string) => ({ CheckID: `check-${id}`, Name: 'ready', TTL: '600s', Status: 'passing' });

/** Registers an instance of `pay` whose sidecar stands and falls with it. */
export async function registerPay(ask: Ask, id: string, version: string, sidecar: object = {}): Promise<void> {
  const answer = await ask('PUT', '/v1/agent/service/register', {
    ID: id,
    Name: 'pay',
    Address: '127.0.0.1',
    Port: 9001,
    Tags: [`t${version}`],
    Meta: { version },
    Check: ready(id),
    Connect: {
      SidecarService: { Port: 21_001, Checks: [{ Name: `alias ${id}`, AliasService: id, Status: 'passing' }], ...sidecar },
    },
  });
  expect([answer.status, answer.text]).to.deep.equal([200, '']);
}

/** Repeats until it holds or 40 seconds are over; the agent hands to the catalog in the background, and where that fails once it waits some 15 s. */
async function settle(holds: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    try {
      await holds();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

type Row = { readonly Service: { readonly ID: string } };
const ids = (rows: readonly Row[]) => rows.map((row) => row.Service.ID);

/** Catalog, agent and health. */
export function describeCatalog(ask: Ask): void {
  describe('catalog and health', () => {
    const health = async (path: string) => (await ask('GET', `/v1/health/${path}`)).json;

    before(async () => {
      await ask('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'pay', Protocol: 'http' });
      await registerPay(ask, 'pay-2', '2');
      await registerPay(ask, 'pay-3', '3', {
        Meta: { own: '1' },
        Proxy: {
          Upstreams: [{ DestinationName: 'ledger', LocalBindPort: 9191 }],
          Config: { envoy_prometheus_bind_addr: '127.0.0.1:1' },
        },
      });
      await settle(async () => expect(await health('connect/pay?passing')).to.have.length(2));
    });

    it('shows an instance with its node and its checks', async () => {
      const [row] = await health('service/pay');
      expect(row).to.have.all.keys('Node', 'Service', 'Checks');
      expect(row.Node).to.deep.include({ Node: 'sandbox', Address: '127.0.0.1', Datacenter: 'dc1' });
      const { CreateIndex, ModifyIndex, ...service } = row.Service;
      expect(service).to.deep.equal({
        ID: 'pay-2',
        Service: 'pay',
        Tags: ['t2'],
        Address: '127.0.0.1',
        TaggedAddresses: {
          lan_ipv4: { Address: '127.0.0.1', Port: 9001 },
          wan_ipv4: { Address: '127.0.0.1', Port: 9001 },
        },
        Meta: { version: '2' },
        Port: 9001,
        Weights: { Passing: 1, Warning: 1 },
        EnableTagOverride: false,
        Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
        Connect: {},
        PeerName: '',
      });
      expect(CreateIndex).to.be.at.most(ModifyIndex);
      expect(row.Checks.map((check: { CheckID: string }) => check.CheckID)).to.deep.equal(['serfHealth', 'check-pay-2']);
      const { CreateIndex: _created, ModifyIndex: _modified, ...check } = row.Checks[1];
      expect(check).to.deep.equal({
        Node: 'sandbox',
        CheckID: 'check-pay-2',
        Name: 'ready',
        Status: 'passing',
        Notes: '',
        Output: '',
        ServiceID: 'pay-2',
        ServiceName: 'pay',
        ServiceTags: ['t2'],
        Type: 'ttl',
        Interval: '',
        Timeout: '',
        ExposedPort: 0,
        Definition: {},
      });
    });

    it('gives a sidecar the Meta and Tags of its service only where it has none of its own', async () => {
      const [two, three] = await health('connect/pay');
      expect(two.Service).to.deep.include({
        Kind: 'connect-proxy',
        ID: 'pay-2-sidecar-proxy',
        Service: 'pay-sidecar-proxy',
        Port: 21_001,
      });
      expect([two.Service.Meta, two.Service.Tags]).to.deep.equal([{ version: '2' }, ['t2']]);
      expect([three.Service.Meta, three.Service.Tags]).to.deep.equal([{ own: '1' }, ['t3']]);
      expect(two.Service.Proxy).to.deep.equal({
        DestinationServiceName: 'pay',
        DestinationServiceID: 'pay-2',
        LocalServiceAddress: '127.0.0.1',
        LocalServicePort: 9001,
        Mode: '',
        Config: { protocol: 'http' },
        MeshGateway: {},
        Expose: {},
      });
      expect(three.Service.Proxy).to.deep.include({
        Config: { envoy_prometheus_bind_addr: '127.0.0.1:1', protocol: 'http' },
        Upstreams: [
          { DestinationType: 'service', DestinationName: 'ledger', Datacenter: '', LocalBindPort: 9191, MeshGateway: {} },
        ],
      });
      expect(two.Service.TaggedAddresses['consul-virtual'].Address).to.match(/^240\./);
    });

    it('merges the mode of a proxy from service-defaults, for those who ask; and lets a gateway that nothing is bound to serve nothing', async () => {
      await ask('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'pay', Protocol: 'http', Mode: 'transparent' });
      // What the catalog holds without being asked to merge depends on whether the agent has handed it over again.
      const merged = async () =>
        (await ask('GET', '/v1/catalog/service/pay-sidecar-proxy?merge-central-config=true')).json[0].ServiceProxy as {
          Mode: string;
        };
      await settle(async () => expect((await merged()).Mode).to.equal('transparent'));
      await ask('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'pay', Protocol: 'http' });
      await settle(async () => expect((await ask('GET', '/v1/catalog/gateway-services/edge')).json).to.deep.equal([]));
    });

    it('lists services by kind and instances of one in the catalog', async () => {
      const all = (await ask('GET', '/v1/catalog/services')).json;
      expect(all).to.include.keys('consul', 'pay', 'pay-sidecar-proxy');
      expect(all.pay).to.have.members(['t2', 't3']);
      const proxies = (await ask('GET', `/v1/catalog/services?filter=${encodeURIComponent('ServiceKind == "connect-proxy"')}`))
        .json;
      expect(Object.keys(proxies)).to.deep.equal(['pay-sidecar-proxy']);
      const [row] = (await ask('GET', '/v1/catalog/service/pay?filter=ServiceMeta.version==3')).json;
      expect(row).to.deep.include({
        ServiceID: 'pay-3',
        ServiceName: 'pay',
        ServiceKind: '',
        Node: 'sandbox',
        ServiceMeta: { version: '3' },
      });
      const [proxy] = (await ask('GET', '/v1/catalog/service/pay-sidecar-proxy')).json;
      expect(proxy).to.deep.include({
        ServiceKind: 'connect-proxy',
        ServicePort: 21_001,
        ServicePorts: null,
        ServiceLocality: null,
      });
      expect((await ask('GET', '/v1/catalog/service/nobody')).json).to.deep.equal([]);
      const wrong = await ask('GET', '/v1/catalog/services?filter=Foo==x');
      expect([wrong.status, wrong.text]).to.deep.equal([
        500,
        'Failed to create boolean expression evaluator: Selector "Foo" is not valid',
      ]);
    });

    it("merges the mesh's proxy configuration where it is asked to", async () => {
      await ask('PUT', '/v1/config', {
        Kind: 'proxy-defaults',
        Name: 'global',
        Config: { envoy_prometheus_bind_addr: '0.0.0.0:9102', n: 1 },
      });
      const configs = async (path: string) =>
        (await health(path)).map((row: { Service: { Proxy: object } }) => row.Service.Proxy);
      const merged = await configs('connect/pay?merge-central-config');
      expect(merged[0]).to.deep.include({ Config: { envoy_prometheus_bind_addr: '0.0.0.0:9102', n: 1, protocol: 'http' } });
      expect(merged[1]).to.deep.include({ Config: { envoy_prometheus_bind_addr: '127.0.0.1:1', n: 1, protocol: 'http' } });
      await ask('DELETE', '/v1/config/proxy-defaults/global');
    });

    it('counts an instance as passing only when all its checks are, and wakes readers of its service', async () => {
      let held = Promise.resolve();
      await settle(async () => {
        const { index } = await ask('GET', '/v1/health/connect/pay?passing');
        held = ask('GET', `/v1/health/connect/pay?passing&index=${index}&wait=20s`).then(() => undefined);
        expect(await within(held, 100)).to.equal('still waiting');
      });
      expect((await ask('PUT', '/v1/agent/check/fail/check-pay-3?note=bad')).status).to.equal(200);
      await held;
      await settle(async () => expect(ids(await health('connect/pay?passing'))).to.deep.equal(['pay-2-sidecar-proxy']));
      await settle(async () => {
        const critical = (await health('state/critical')) as readonly { ServiceName: string }[];
        expect(critical.map(({ ServiceName }) => ServiceName)).to.include.members(['pay', 'pay-sidecar-proxy']);
      });
      const failed = (await health('checks/pay')).find((check: { CheckID: string }) => check.CheckID === 'check-pay-3');
      expect(failed).to.include({ Status: 'critical', Output: 'bad' });
      await ask('PUT', '/v1/agent/check/warn/check-pay-3');
      await settle(async () => expect((await health('service/pay'))[1].Checks[1].Status).to.equal('warning'));
      expect(ids(await health('service/pay?passing'))).to.deep.equal(['pay-2']);
      expect(ids(await health('service/pay?passing=0'))).to.deep.equal(['pay-2', 'pay-3']);
      await ask('PUT', '/v1/agent/check/update/check-pay-3', { Status: 'passing', Output: 'o' });
      await settle(async () => expect(await health('connect/pay?passing')).to.have.length(2));
    });

    it("shows the weights of a sidecar, which are its own, not its service's; a warning weight of 0 stays 0", async () => {
      const sidecar = { Port: 21_009, Checks: [{ Name: 'alias', AliasService: 'light', Status: 'passing' }] };
      const light = (Weights: object, own: object = {}) =>
        ask('PUT', '/v1/agent/service/register', {
          ID: 'light',
          Name: 'light',
          Weights,
          Connect: { SidecarService: { ...sidecar, ...own } },
        });
      const weights = async () =>
        (await health('connect/light')).map((row: { Service: { Weights: object } }) => row.Service.Weights);
      await light({ Passing: 1, Warning: 0 });
      await settle(async () => expect(await weights()).to.deep.equal([{ Passing: 1, Warning: 1 }]));
      await light({ Passing: 1, Warning: 1 }, { Weights: { Passing: 2, Warning: 0 } });
      await settle(async () => expect(await weights()).to.deep.equal([{ Passing: 2, Warning: 0 }]));
      await ask('PUT', '/v1/agent/service/deregister/light');
    });

    it('refuses unknown checks, services, fields and flags', async () => {
      for (const [method, path, body, status, text] of [
        [
          'PUT',
          '/v1/agent/check/fail/nope',
          undefined,
          404,
          'Unknown check ID "nope". Ensure that the check ID is passed, not the check name.',
        ],
        ['PUT', '/v1/agent/check/update/check-pay-3', { Status: 'x' }, 400, "Invalid check status: 'x'"],
        [
          'PUT',
          '/v1/agent/service/deregister/nope',
          undefined,
          404,
          'Unknown service ID "nope". Ensure that the service ID is passed, not the service name.',
        ],
        ['PUT', '/v1/agent/service/register', {}, 400, 'Missing service name'],
        ['PUT', '/v1/agent/service/register', { Name: 'x', Foo: 1 }, 400, 'Request decode failed: json: unknown field "Foo"'],
        ['GET', '/v1/health/connect/pay?passing=x', undefined, 400, 'Invalid value for ?passing'],
        ['PUT', '/v1/catalog/register', {}, 500, 'Must provide node'],
        ['PUT', '/v1/catalog/register', { Node: 'ext' }, 500, 'Must provide address if SkipNodeUpdate is not set'],
        ['PUT', '/v1/catalog/deregister', {}, 500, 'Must provide node'],
      ] as const) {
        const refused = await ask(method, path, body);
        expect([refused.status, refused.text]).to.deep.equal([status, text]);
      }
    });

    it('registers and forgets nodes of no agent', async () => {
      const external = {
        Node: 'ext',
        Address: '10.0.0.1',
        Service: { ID: 'e1', Service: 'ledger', Port: 1, Meta: { version: '1' } },
        Check: { Node: 'ext', CheckID: 'service:e1', Name: 'c', Status: 'critical', ServiceID: 'e1' },
      };
      expect((await ask('PUT', '/v1/catalog/register', external)).json).to.equal(true);
      const [row] = await health('service/ledger');
      expect(row.Node).to.deep.include({ ID: '', Node: 'ext', Address: '10.0.0.1', TaggedAddresses: null, Meta: null });
      expect(row.Service).to.deep.include({ ID: 'e1', Tags: [], Meta: { version: '1' } });
      expect(row.Checks[0]).to.deep.include({ CheckID: 'service:e1', Status: 'critical', ServiceName: 'ledger' });
      expect(await health('service/ledger?passing')).to.deep.equal([]);
      expect((await ask('PUT', '/v1/catalog/deregister', { Node: 'ext', ServiceID: 'e1' })).json).to.equal(true);
      expect(await health('service/ledger')).to.deep.equal([]);
      expect((await ask('PUT', '/v1/catalog/deregister', { Node: 'ext' })).json).to.equal(true);
    });
  });
}
