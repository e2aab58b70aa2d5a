import { expect } from 'chai';
import { type Ask, within } from './ask.js';

const subsets = { v1: { Filter: 'Service.Meta.version == 1' }, v2: { Filter: 'Service.Meta.version == 2', OnlyPassing: true } };

/** The compiled discovery chain. */
export function describeChain(ask: Ask): void {
  describe('discovery chains', () => {
    const put = async (body: unknown) => expect((await ask('PUT', '/v1/config', body)).text.trim()).to.equal('true');
    const chain = async (service: string) => (await ask('GET', `/v1/discovery-chain/${service}`)).json.Chain;

    it('is the default one for a service that nobody knows', async () => {
      const compiled = await chain('unknown');
      const sni = compiled.Targets['unknown.default.default.dc1'].SNI;
      expect(sni).to.match(/^unknown\.default\.dc1\.internal\.[0-9a-f-]{36}\.consul$/);
      expect(compiled).to.deep.equal({
        ServiceName: 'unknown',
        Namespace: 'default',
        Partition: 'default',
        Datacenter: 'dc1',
        Default: true,
        Protocol: 'tcp',
        StartNode: 'resolver:unknown.default.default.dc1',
        Nodes: {
          'resolver:unknown.default.default.dc1': {
            Type: 'resolver',
            Name: 'unknown.default.default.dc1',
            Resolver: { ConnectTimeout: '5s', Default: true, Target: 'unknown.default.default.dc1' },
          },
        },
        Targets: {
          'unknown.default.default.dc1': {
            ConnectTimeout: '5s',
            ID: 'unknown.default.default.dc1',
            Service: 'unknown',
            Namespace: 'default',
            Partition: 'default',
            Datacenter: 'dc1',
            MeshGateway: {},
            Subset: {},
            TransparentProxy: {},
            SNI: sni,
            Name: sni,
          },
        },
        AutoVirtualIPs: null,
        ManualVirtualIPs: null,
      });
    });

    it('goes from defaults over a resolver to a splitter and a router', async () => {
      await put({ Kind: 'service-defaults', Name: 'a', Protocol: 'http' });
      expect(await chain('a')).to.include({ Default: true, Protocol: 'http' });
      await put({ Kind: 'service-resolver', Name: 'a', Subsets: subsets });
      const resolved = await chain('a');
      expect(resolved).to.not.have.property('Default');
      expect(resolved.Nodes).to.deep.equal({
        'resolver:a.default.default.dc1': {
          Type: 'resolver',
          Name: 'a.default.default.dc1',
          Resolver: { ConnectTimeout: '5s', Target: 'a.default.default.dc1' },
        },
      });
      await put({
        Kind: 'service-resolver',
        Name: 'a',
        DefaultSubset: 'v1',
        RequestTimeout: '7s',
        Subsets: subsets,
        Failover: { v2: { ServiceSubset: 'v1' } },
        LoadBalancer: { Policy: 'round_robin' },
      });
      await put({ Kind: 'service-splitter', Name: 'a', Splits: [{ Weight: 100 }, { Weight: 0, ServiceSubset: 'v2' }] });
      const split = await chain('a');
      expect(split.StartNode).to.equal('splitter:a.default.default');
      expect(split.Nodes).to.deep.equal({
        'resolver:v1.a.default.default.dc1': {
          Type: 'resolver',
          Name: 'v1.a.default.default.dc1',
          Resolver: { ConnectTimeout: '5s', RequestTimeout: 7_000_000_000, Target: 'v1.a.default.default.dc1' },
          LoadBalancer: { Policy: 'round_robin' },
        },
        'resolver:v2.a.default.default.dc1': {
          Type: 'resolver',
          Name: 'v2.a.default.default.dc1',
          Resolver: {
            ConnectTimeout: '5s',
            RequestTimeout: 7_000_000_000,
            Target: 'v2.a.default.default.dc1',
            Failover: { Targets: ['v1.a.default.default.dc1'] },
          },
          LoadBalancer: { Policy: 'round_robin' },
        },
        'splitter:a.default.default': {
          Type: 'splitter',
          Name: 'a.default.default',
          Splits: [
            { Definition: { Weight: 100 }, Weight: 100, NextNode: 'resolver:v1.a.default.default.dc1' },
            { Definition: { Weight: 0, ServiceSubset: 'v2' }, NextNode: 'resolver:v2.a.default.default.dc1' },
          ],
        },
      });
      expect(split.Targets['v2.a.default.default.dc1']).to.deep.include({
        Service: 'a',
        ServiceSubset: 'v2',
        Subset: subsets.v2,
      });
      expect(split.Targets['v2.a.default.default.dc1'].Name).to.match(/^v2\.a\.default\.dc1\.internal\./);
      expect(split.AutoVirtualIPs[0]).to.match(/^240\.0\.0\.\d+$/);
      const header = { Match: { HTTP: { Header: [{ Name: 'x-canary', Exact: '1' }] } }, Destination: { ServiceSubset: 'v2' } };
      await put({ Kind: 'service-router', Name: 'a', Routes: [header] });
      const routed = await chain('a');
      expect(routed.StartNode).to.equal('router:a.default.default');
      expect(routed.Nodes['router:a.default.default'].Routes).to.deep.equal([
        { Definition: header, NextNode: 'resolver:v2.a.default.default.dc1' },
        {
          Definition: {
            Match: { HTTP: { PathPrefix: '/' } },
            Destination: { Service: 'a', Namespace: 'default', Partition: 'default' },
          },
          NextNode: 'splitter:a.default.default',
        },
      ]);
      await ask('DELETE', '/v1/config/service-router/a');
    });

    it('flattens a splitter behind a splitter, and a redirect walks past one', async () => {
      await put({ Kind: 'service-defaults', Name: 'b', Protocol: 'http' });
      await put({ Kind: 'service-splitter', Name: 'b', Splits: [{ Weight: 80 }, { Weight: 20, Service: 'a' }] });
      expect((await chain('b')).Nodes['splitter:b.default.default'].Splits).to.deep.equal([
        { Definition: { Weight: 80 }, Weight: 80, NextNode: 'resolver:b.default.default.dc1' },
        { Definition: { Weight: 100 }, Weight: 20, NextNode: 'resolver:v1.a.default.default.dc1' },
        { Definition: { Weight: 0, ServiceSubset: 'v2' }, NextNode: 'resolver:v2.a.default.default.dc1' },
      ]);
      await put({ Kind: 'service-defaults', Name: 'f', Protocol: 'http' });
      await put({ Kind: 'service-resolver', Name: 'f', Redirect: { Service: 'a', ServiceSubset: 'v2' } });
      expect((await chain('f')).StartNode).to.equal('resolver:v2.a.default.default.dc1');
    });

    it('takes the protocol of the mesh only where the service has no defaults', async () => {
      await put({ Kind: 'service-defaults', Name: 'e' });
      await put({ Kind: 'proxy-defaults', Name: 'global', Config: { protocol: 'http' } });
      expect((await chain('e')).Protocol).to.equal('tcp');
      expect((await chain('nobody')).Protocol).to.equal('http');
      expect((await ask('DELETE', '/v1/config/proxy-defaults/global')).json).to.deep.equal({});
    });

    it('holds a read until the chain differs: not for Meta, not for other services', async () => {
      const weights = (one: number, meta = '') => ({
        Kind: 'service-splitter',
        Name: 'a',
        Splits: [{ Weight: one }, { Weight: 100 - one, ServiceSubset: 'v2' }],
        Meta: { note: meta },
      });
      await put(weights(90));
      const before = await ask('GET', '/v1/discovery-chain/a');
      // A held read may come back without a change (it is no proof of one), so it is the content that is waited for.
      const untilDifferent = async (index: number): ReturnType<typeof ask> => {
        const answer = await ask('GET', `/v1/discovery-chain/a?index=${index}&wait=20s`);
        return JSON.stringify(answer.json.Chain) === JSON.stringify(before.json.Chain) ? untilDifferent(answer.index) : answer;
      };
      const held = untilDifferent(before.index);
      await put(weights(90, 'changed'));
      await put({ Kind: 'service-defaults', Name: 'g', Protocol: 'grpc' });
      expect(await within(held, 200)).to.equal('still waiting');
      await put(weights(75));
      expect((await held).json.Chain.Nodes['splitter:a.default.default'].Splits[0].Weight).to.equal(75);
    });

    it('refuses to compile nothing', async () => {
      const { status, text } = await ask('GET', '/v1/discovery-chain/');
      expect([status, text]).to.deep.equal([400, 'Missing chain name']);
    });
  });
}
