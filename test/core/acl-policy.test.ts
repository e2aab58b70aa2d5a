import { expect } from 'chai';
import { aclPolicy } from '../../src/core/acl-policy.js';
import type { PolicyNeeds, PolicySubject } from '../../src/core/acl-rules.js';
import { DEFAULTS } from '../../src/core/defaults.js';
import type { Plan } from '../../src/core/plan.js';

const NEEDS: PolicyNeeds = {
  role: 'operator',
  kvPrefix: 'splitter/',
  callers: ['web'],
  gateways: [],
  agents: [],
  followsPlans: false,
};
const plan = (changes: Partial<Plan> = {}): Plan => ({
  service: 'payments',
  subsets: [],
  legs: [],
  steps: [],
  bake: 0,
  undoWindow: 0,
  stepTimeout: 0,
  on: DEFAULTS.on,
  signals: [],
  callers: [],
  ...changes,
});
const subject = (changes: Partial<Plan> = {}): PolicySubject => {
  const made = plan(changes);
  return { name: made.service, prefix: false, plan: made };
};
const ANY: PolicySubject = { name: 'payments', prefix: false };

/** The rules as `service payments write`, the block with `_prefix` where it is one. */
const said = (subjects: readonly PolicySubject[], needs: Partial<PolicyNeeds> = {}): readonly string[] =>
  aclPolicy(subjects, { ...NEEDS, ...needs }).flatMap(({ rules }) =>
    rules.map(({ resource, prefix, name, access }) => `${resource}${prefix ? '_prefix' : ''} ${name} ${access}`),
  );

describe('the least policy', () => {
  it('of an operator with a plain plan writes the service and its keys, and reads whom it has to', () => {
    expect(said([subject()])).to.deep.equal([
      'service payments write',
      'service payments-sidecar-proxy read',
      'service web-sidecar-proxy read',
      'node_prefix  read',
      'key splitter/plans/payments write',
      'key_prefix splitter/history/payments/ write',
      'key splitter/drivers/payments write',
      'key splitter/freeze write',
      'key splitter/doorbell write',
      'key_prefix splitter/controllers/ read',
      'session_prefix  write',
    ]);
  });

  it('of a viewer writes nothing and needs no session and no callers', () => {
    const rules = said([subject()], { role: 'viewer', callers: [] });
    expect(rules.filter((rule) => / write$|^session|web/.test(rule))).to.deep.equal([]);
    expect(rules).to.include.members([
      'service payments read',
      'node_prefix  read',
      'key_prefix splitter/history/payments/ read',
    ]);
  });

  it('of a controller registers itself, reads the plan, and writes it only where it follows a directory', () => {
    const rules = said([subject()], { role: 'controller' });
    expect(rules).to.include.members([
      'service payments write',
      'key splitter/plans/payments read',
      'key splitter/drivers/payments read',
      'key splitter/freeze read',
      'key splitter/doorbell read',
      'key_prefix splitter/controllers/ write',
    ]);
    expect(said([subject()], { role: 'controller', followsPlans: true })).to.include('key splitter/plans/payments write');
  });

  const waves = [{ name: 'eu', address: 'https://eu:8501' }];
  const schedule = { start: { kind: 'at', at: 0, catchUp: 0 } } as const;
  const notify = [{ kind: 'slack', events: [] }] as unknown as Plan['notify'] & {};
  const cases: readonly [what: string, changes: Partial<Plan>, role: PolicyNeeds['role'], rule: string][] = [
    ['notify', { notify }, 'operator', 'key splitter/notified/payments write'],
    ['notify', { notify }, 'controller', 'key splitter/notified/payments write'],
    ['waves', { waves }, 'operator', 'key splitter/waves/payments read'],
    ['waves', { waves }, 'controller', 'key splitter/waves/payments write'],
    ['waves', { waves }, 'viewer', 'key splitter/waves/payments read'],
    ['schedule', { schedule }, 'controller', 'key splitter/schedules/payments write'],
    ['schedule', { schedule }, 'controller', 'key splitter/drivers/payments write'],
    ['group', { group: { name: 'shop', services: ['payments'] } }, 'operator', 'key splitter/plans/shop read'],
    ['group', { group: { name: 'shop', services: ['payments'] } }, 'viewer', 'service shop read'],
  ];
  for (const [what, changes, role, rule] of cases)
    it(`of a ${role} has "${rule}" for ${what}, and only then`, () => {
      expect(said([subject(changes)], { role })).to.include(rule);
      expect(said([subject()], { role })).to.not.include(rule);
    });

  it('for a service without a plan has what any plan but a group needs', () => {
    const rules = said([ANY], { role: 'controller' });
    for (const [what, changes, role, rule] of cases)
      if (role === 'controller') expect(rules, `${what} ${JSON.stringify(changes)}`).to.include(rule);
  });

  it('without callers reads every service, and then none by its name', () => {
    const rules = said([subject()], { callers: [] });
    expect(rules.filter((rule) => rule.startsWith('service'))).to.deep.equal(['service payments write', 'service_prefix  read']);
  });

  it('names the callers of the plan, gateways and agents', () => {
    const rules = said([subject({ callers: ['shop'] })], { callers: [], gateways: ['ingress'], agents: ['n1', 'n2'] });
    expect(rules.filter((rule) => /^(service|session)/.test(rule))).to.deep.equal([
      'service payments write',
      'service payments-sidecar-proxy read',
      'service shop-sidecar-proxy read',
      'service ingress read',
      'session n1 write',
      'session n2 write',
    ]);
    expect(said([subject({ callers: ['shop'] })], { callers: ['*'] })).to.include('service_prefix  read');
  });

  it('of a prefix holds for all names that begin so; a weaker rule within it would take away, so it is left out', () => {
    const rules = said([{ name: 'shop-', prefix: true }], { callers: ['shop-web', 'other'] });
    expect(rules).to.include.members([
      'service_prefix shop- write',
      'service other-sidecar-proxy read',
      'key_prefix splitter/plans/shop- write',
      'key_prefix splitter/history/shop- write',
    ]);
    expect(rules.join()).to.not.include('shop-web-sidecar-proxy');
  });

  it('of two services has what they share once, and the stronger of two rules for one name', () => {
    const rules = said([subject(), subject({ service: 'web' })], { callers: ['web', 'payments'] });
    expect(new Set(rules).size).to.equal(rules.length);
    expect(rules.filter((rule) => rule.startsWith('service web'))).to.deep.equal([
      'service web-sidecar-proxy read',
      'service web write',
    ]);
  });

  it('keeps namespaces and partitions apart, and names none where no plan does', () => {
    const scopes = aclPolicy([subject(), subject({ service: 'ledger', namespace: 'bank', partition: 'eu' })], NEEDS);
    expect(scopes.map(({ namespace, partition }) => [partition, namespace])).to.deep.equal([
      [undefined, undefined],
      ['eu', 'bank'],
    ]);
    expect(scopes[1]?.rules[0]).to.include({ resource: 'service', name: 'ledger', access: 'write' });
  });
});
