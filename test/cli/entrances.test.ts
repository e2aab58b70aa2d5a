import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

describe('who reaches a service, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  before(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
  });
  after(() => sandbox.stop());
  const put = (path: string, body: object) =>
    fetch(`${sandbox.consulAddress}/v1${path}`, { method: 'PUT', body: JSON.stringify(body) });

  it('doctor names them, subsets --callers lists them, the status as JSON has them, each with its share', async () => {
    expect((await shell.run('subsets payments')).out).not.to.match(/^caller /m);
    const { out } = await shell.run('subsets payments --callers');
    expect(out).to.match(/^caller +kind +instance +share +via +read$/m);
    expect(out).to.match(/^web +sidecar +web-1-sidecar-proxy on \S+ +(100%|-) +payments +yes$/m);
    const [row] = (await shell.json('subsets payments --callers')).callers;
    expect(row).to.include({ kind: 'sidecar', name: 'web', certain: true, read: true, why: null, tcp: false });
    const { entrances } = await shell.json('status payments');
    expect(entrances.map(({ id }: { id: string }) => id)).to.deep.equal(['web-1-sidecar-proxy']);
    const { out: told } = await shell.run('doctor payments');
    expect(told).to.match(/^ok {2}callers +1 of 1 callers can be read: web$/m);
  });

  it('a name that a router leads here counts, retries above it are told, and a route that only it would need is refused', async () => {
    await put('/config', { Kind: 'service-defaults', Name: 'front', Protocol: 'http' });
    await put('/config', { Kind: 'service-defaults', Name: 'payments', Protocol: 'http' });
    await put('/config', {
      Kind: 'service-router',
      Name: 'front',
      Routes: [
        { Match: { HTTP: { PathPrefix: '/' } }, Destination: { Service: 'payments', NumRetries: 3, RetryOnStatusCodes: [500] } },
      ],
    });
    await put('/agent/service/register', {
      ID: 'shop-1',
      Name: 'shop',
      Address: '127.0.0.1',
      Port: 1,
      Connect: { SidecarService: { Proxy: { Upstreams: [{ DestinationName: 'front', LocalBindPort: 2 }] } } },
    });
    const { checks } = await shell.json('doctor payments');
    const said = (name: string) => checks.find((check: { name: string }) => check.name === name)?.message;
    expect(said('callers')).to.match(/^1 of 2 callers can be read; not: shop$/);
    expect(said('retries')).to.match(/sent again by service-router\/front \(3 times, on 500\)/);
    const plan = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
route: { header: { name: x-canary, value: "1" } }
steps: [{ weight: 50 }]
`;
    const shown = await shell.run(`plan ${planFile(plan)}`);
    expect(shown.err).to.match(/Warning: 1 of 2 entrances go past service-router\/payments.*shop.*\[route\]/);
    await put('/agent/service/deregister/web-1', {});
    await put('/agent/service/deregister/web-1-sidecar-proxy', {});
    await until('web is gone', async () => !(await shell.run('subsets payments --callers')).out.includes('web-1'));
    for (const line of [`start ${planFile(plan)} --foreground`, `ramp payments --to 10 --plan ${planFile(plan)}`]) {
      const { code, err } = await shell.run(line);
      expect(code, err).to.equal(1);
      expect(err).to.match(/every entrance goes past service-router\/payments.*Nothing was written/s);
    }
    expect((await shell.run(`plan ${planFile(plan)}`)).err).to.match(/^Error: every entrance goes past/m);
  });
});
