import { expect } from 'chai';
import { type MetricsAccess, type MetricsPlace, metricsOf } from '../../src/core/metrics-access.js';

const BOUND: MetricsPlace = { address: '10.0.0.1:9102', host: '10.0.0.1' };
const META: MetricsAccess = { portMeta: 'metrics_port' };
const meta = (value: string, more: MetricsPlace = BOUND): MetricsPlace => ({
  ...more,
  meta: { metrics_port: value, version: '2' },
});

const CASES: readonly (readonly [
  says: string,
  place: MetricsPlace,
  access: MetricsAccess | undefined,
  found: string | RegExp,
])[] = [
  ['what it binds', BOUND, undefined, '10.0.0.1:9102'],
  ['what it binds, where the Meta is not asked for', meta('23456'), undefined, '10.0.0.1:9102'],
  ['the port in its Meta', meta('23456'), META, '10.0.0.1:23456'],
  ['the port in its Meta, where it binds none', meta('23456', { host: '10.0.0.1' }), META, '10.0.0.1:23456'],
  ['the port beside an IPv6 address', meta('23456', { host: 'fd00::1' }), META, '[fd00::1]:23456'],
  ['host and port in its Meta', meta('192.0.2.7:23456'), META, '192.0.2.7:23456'],
  ['an IPv6 host and port in its Meta', meta('[fd00::2]:23456'), META, '[fd00::2]:23456'],
  ['what it binds, where its Meta has no such key', { ...BOUND, meta: { version: '2' } }, META, '10.0.0.1:9102'],
  ['what it binds, where its Meta is empty', meta(''), META, '10.0.0.1:9102'],
  [
    'nothing, with both reasons',
    { host: '10.0.0.1' },
    META,
    /envoy_prometheus_bind_addr is not set, and its Meta has no metrics_port/,
  ],
  ['nothing', { host: '10.0.0.1' }, undefined, /envoy_prometheus_bind_addr is not set$/],
  [
    'a name that nobody filled in',
    meta('NOMAD_HOST_PORT_metrics'),
    META,
    /metrics_port = "NOMAD_HOST_PORT_metrics", which is no port/,
  ],
  ['a port beyond the last', meta('70000'), META, /which is no port/],
  ['zero', meta('0'), META, /which is no port/],
  ['an address of a page', meta('http://10.0.0.1:9102/metrics'), META, /which is no port/],
  ['a port without a host', meta('23456', {}), META, /which is no port/],
];

describe('where the metrics of a proxy are', () => {
  for (const [says, place, access, found] of CASES)
    it(`${says}: ${found}`, () => {
      const told = metricsOf(place, access);
      const text = 'address' in told ? told.address : told.why;
      if (typeof found === 'string') expect(told).to.deep.equal({ address: found });
      else expect(text).to.match(found);
    });
});
