import { expect } from 'chai';
import type { ServiceRef } from '../../src/core/plan.js';
import { ClusterLabels } from '../../src/signals/cluster-labels.js';

/** The labels of a cluster as Envoy 1.36 writes them under the tags of Consul 1.22. */
function labels(target: string | undefined, service: string, subset = '', namespace = 'default', datacenter = 'dc1'): string {
  const whole = target === undefined ? '' : `,consul_destination_target="${target}"`;
  return `local_cluster="web",consul_destination_service_subset="${subset}",consul_destination_service="${service}",consul_destination_namespace="${namespace}",consul_destination_datacenter="${datacenter}"${whole}`;
}

const CASES: readonly (readonly [says: string, of: ServiceRef, labels: string, subset: string | undefined])[] = [
  ['a subset', { service: 'pay' }, labels('green.pay.default.dc1', 'pay', 'green'), 'green'],
  ['the service as a whole', { service: 'pay' }, labels('pay.default.dc1', 'pay'), ''],
  ['another service', { service: 'pay' }, labels('green.web.default.dc1', 'web', 'green'), undefined],
  ['one whose name ends alike', { service: 'pay' }, labels('green.re-pay.default.dc1', 're-pay', 'green'), undefined],
  [
    'a subset of a name with a dot',
    { service: 'pay.ments' },
    labels('green.pay.ments.default.dc1', 'pay', 'green', 'ments'),
    'green',
  ],
  ['the whole of a name with a dot', { service: 'pay.ments' }, labels('pay.ments.default.dc1', 'ments', 'pay'), ''],
  ['a name with two dots', { service: 'v1.pay.ments' }, labels('green.v1.pay.ments.default.dc1', 'v1', 'green', 'pay'), 'green'],
  [
    'one that the name with a dot begins with',
    { service: 'pay' },
    labels('green.pay.ments.default.dc1', 'pay', 'green', 'ments'),
    undefined,
  ],
  [
    'one that the name with a dot ends with',
    { service: 'ments' },
    labels('green.pay.ments.default.dc1', 'pay', 'green', 'ments'),
    undefined,
  ],
  [
    'a longer name with a dot',
    { service: 'pay.ments' },
    labels('green.pay.ments.eu.default.dc1', 'pay', 'green', 'ments'),
    undefined,
  ],
  ['a namespace', { service: 'pay', namespace: 'eu' }, labels('green.pay.eu.dc1', 'pay', 'green', 'eu'), 'green'],
  ['another namespace', { service: 'pay', namespace: 'us' }, labels('green.pay.eu.dc1', 'pay', 'green', 'eu'), undefined],
  ['a partition', { service: 'pay', partition: 'team' }, labels('green.pay.eu.team.dc1', 'pay', 'green', 'eu'), 'green'],
  ['the default partition', { service: 'pay', partition: 'default' }, labels('green.pay.eu.dc1', 'pay', 'green', 'eu'), 'green'],
  ['another partition', { service: 'pay', partition: 'team' }, labels('green.pay.eu.dc1', 'pay', 'green', 'eu'), undefined],
  ['another datacenter', { service: 'pay', datacenter: 'dc2' }, labels('green.pay.default.dc1', 'pay', 'green'), undefined],
  ['labels without the whole name', { service: 'pay' }, labels(undefined, 'pay', 'green'), 'green'],
  ['of another service without it', { service: 'pay' }, labels(undefined, 'web', 'green'), undefined],
];

describe('whom the series of a cluster are about', () => {
  for (const [says, of, own, subset] of CASES)
    it(`${says}: ${JSON.stringify(of)} ${subset === undefined ? 'is not meant' : `is meant, ${subset === '' ? 'no subset' : subset}`}`, () => {
      const known = new ClusterLabels(of);
      expect([known.subsetOf(own), known.subsetOf(own)]).to.deep.equal([subset, subset]);
    });
});
