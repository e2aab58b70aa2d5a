import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { MetricsTls } from '../../src/core/metrics-access.js';
import type { EnvoySignal } from '../../src/core/plan.js';
import { EntranceReader } from '../../src/signals/entrance-reader.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import { InFlightReader } from '../../src/signals/in-flight.js';
import { makeCertificate } from '../support/certificates.js';
import { classLines, FakeCatalog, flightLines, NEVER, PAYMENTS, requestLines, sidecar } from './fakes.js';

const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };

describe('metrics behind a mapped port, another path and TLS', () => {
  const own = makeCertificate();
  const other = makeCertificate();
  let server: Server;
  let port: number;
  let green: number;
  const asked = new Set<string>();

  before(async () => {
    server = createServer({ cert: readFileSync(own.cert), key: readFileSync(own.key) }, (request, response) => {
      asked.add(new URL(request.url ?? '', 'https://x').pathname);
      const application = '# TYPE http_requests_total counter\nhttp_requests_total{code="200"} 7 1700000000000\n';
      const counts = requestLines('green', { completed: green, total: green, active: 0 });
      response.end(application + classLines('green', { 2: green }) + counts + flightLines('blue', 3, 9));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    green = 0;
    asked.clear();
  });

  const catalogOf = (meta: string): FakeCatalog => {
    const catalog = new FakeCatalog();
    // What it binds is inside of its own network, and answers nobody outside.
    catalog.proxies = { web: [{ ...sidecar('127.0.0.1:1'), ServiceMeta: { metrics_port: meta } }] };
    return catalog;
  };
  const target = (tls: MetricsTls) => ({ ...PAYMENTS, metrics: { portMeta: 'metrics_port', path: '/stats/prometheus', tls } });

  it('are counted, listed and looked at for what is under way', async () => {
    let now = 1_000_000;
    const catalog = catalogOf(String(port));
    const envoy = new EnvoySource(catalog, () => now);
    const where = target({ caFile: own.cert });
    await envoy.read([ERRORS], where, NEVER);
    // A page that an application has its part in is read every two seconds.
    [now, green] = [now + 2_500, 50];
    const [reading] = await envoy.read([ERRORS], where, NEVER);
    expect(reading!.measurement).to.deep.include({ kind: 'counts', canary: { bad: 0, total: 50 } });
    const { rows } = await new EntranceReader(catalog, () => now).read(where);
    expect(rows.map(({ name, read }) => [name, read])).to.deep.equal([['web', true]]);
    const reader = new InFlightReader(catalog, () => now, 500);
    const { callers } = await reader.read(where, { name: 'blue', filter: '' });
    reader.close();
    expect(callers).to.deep.include({ active: 3, sent: 9, unknown: [] });
    expect([...asked]).to.deep.equal(['/stats/prometheus']);
  });

  const TROUBLE: readonly (readonly [says: string, meta: (port: number) => string, tls: MetricsTls, why: RegExp])[] = [
    ['an authority that nobody knows', String, {}, /not signed by a known authority; look at "metrics: { tls/],
    ['another authority', String, { caFile: other.cert }, /not signed by a known authority/],
    ['a name that the certificate is not for', String, { caFile: own.cert, serverName: 'envoy.internal' }, /is for another name/],
    ['a file that is not there', String, { caFile: '/nowhere/ca.pem' }, /\/nowhere\/ca\.pem cannot be read \(ENOENT\)/],
    [
      'a Meta that says no port',
      () => 'metrics',
      { caFile: own.cert },
      /its Meta says metrics_port = "metrics", which is no port/,
    ],
  ];
  for (const [says, meta, tls, why] of TROUBLE)
    it(`say why they cannot be read: ${says}`, async () => {
      const catalog = catalogOf(meta(port));
      const { rows } = await new EntranceReader(catalog, () => 1_000_000).read(target(tls));
      expect(rows[0]!.read).to.equal(false);
      expect(rows[0]!.why).to.match(why);
    });
});
