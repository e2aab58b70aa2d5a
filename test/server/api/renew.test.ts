import { expect } from 'chai';
import { renew } from '../../../src/server/api/renew.js';
import type { RolloutDetail, RolloutRow } from '../../../src/server/api/schemas.js';

type Leg = NonNullable<RolloutRow['stable']>;

const leg = (subset: string, observed: number | null, passing: number | null): Leg => ({
  subset,
  filter: null,
  weight: { asked: 50, stored: 50, observed },
  instances: passing === null ? null : { passing, warning: 0, critical: 0 },
});
const errors: RolloutRow['signals'][number] = {
  name: 'errors',
  source: 'envoy',
  verdict: 'Successful',
  value: '0%',
  bound: 'at most 1%',
  samples: 500,
  at: null,
  message: 'none of 500 requests failed',
};
const row: RolloutRow = {
  service: 'payments',
  rollout: 'R1',
  phase: 'Progressing',
  reason: 'Stepping',
  message: 'going on',
  step: { index: 1, of: 5, kind: 'pause', enteredAt: '2026-01-05T10:00:00Z', wakeAt: '2026-01-05T10:05:00Z' },
  stable: leg('blue', 50, 2),
  canary: leg('green', 50, 3),
  legs: [leg('dark', 0, 1)],
  signals: [errors],
  plan: { digest: 'd', source: null },
  driver: { kind: 'controller', id: 'c1' },
  by: 'dana',
  startedAt: null,
  updatedAt: null,
  healthyAt: '2026-01-05T10:01:00Z',
  modifyIndex: 40,
  attention: 'progressing',
};
const read: RolloutDetail = { ...row, plan: { digest: 'd', source: 'payments.yaml' }, steps: [], bake: 3_600 };
/** As a controller tells it that looks after other services. */
const glimpse = (change: Partial<RolloutRow> = {}): RolloutRow => ({
  ...row,
  step: { ...row.step!, of: null, kind: null, wakeAt: null },
  stable: leg('blue', null, null),
  canary: leg('green', null, null),
  legs: [leg('dark', null, null)],
  signals: [],
  healthyAt: null,
  ...change,
});

describe('a rollout on the page, renewed by the stream', () => {
  it('keeps its datacenters over a glimpse, and drops them when they are told to be one', () => {
    const instances = { instances: { passing: 1, warning: 0, critical: 0 } };
    const datacenters = [{ name: 'dc1', counts: true, unread: null, stable: instances, canary: instances }];
    expect(renew({ ...read, datacenters }, glimpse()).datacenters).to.deep.equal(datacenters);
    expect(renew({ ...read, datacenters }, row)).not.to.have.property('datacenters');
  });

  it('takes what is new, and keeps what only a read tells', () => {
    const next = renew(read, { ...row, message: 'further', signals: [] });
    expect(next).to.deep.equal({ ...read, message: 'further', signals: [] });
  });

  it('is held no more when the row does not say so', () => {
    const held = { reason: 'frozen' as const, message: 'frozen by dana', until: null };
    expect(renew(read, { ...row, held }).held).to.deep.equal(held);
    expect(renew({ ...read, held }, row)).to.not.have.property('held');
  });

  it('keeps its evidence, instances and step when it was only glimpsed', () => {
    const next = renew(read, glimpse({ message: 'driven by another', modifyIndex: 41 }));
    expect(next).to.deep.equal({ ...read, message: 'driven by another', modifyIndex: 41 });
  });

  it('is at another step, of as many, when a glimpse says so', () => {
    const step = { index: 2, of: null, kind: null, enteredAt: '2026-01-05T10:06:00Z', wakeAt: null };
    expect(renew(read, glimpse({ step })).step).to.deep.equal({ ...step, of: 5 });
  });

  it('lends nothing of its evidence to another rollout', () => {
    expect(renew(read, glimpse({ rollout: 'R2', phase: 'Pending' }))).to.deep.equal(read);
    expect(renew(read, { ...row, rollout: 'R2', signals: [] })).to.include({ rollout: 'R2' });
  });
});
