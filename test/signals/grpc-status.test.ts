import { expect } from 'chai';
import fc from 'fast-check';
import { countStatuses, sayStatus } from '../../src/signals/grpc-status.js';

const counters = (statuses: Readonly<Record<string, number>>): Map<string, number> => new Map(Object.entries(statuses));

describe('gRPC statuses', () => {
  it('are bad when they are the server’s fault, and only then', () => {
    const bad = Array.from({ length: 17 }, (_, status) => status).filter(
      (status) => countStatuses(counters({ [status]: 1 }), 0).bad === 1,
    );
    expect(bad).to.deep.equal([2, 4, 12, 13, 14, 15]);
  });

  it('that gRPC does not define are UNKNOWN, as for its clients', () => {
    expect(countStatuses(counters({ 0: 5, 99: 2 }), 0)).to.deep.equal({ bad: 2, total: 7 });
    expect([sayStatus('14'), sayStatus('99')]).to.deep.equal(['14 UNAVAILABLE', '99 UNKNOWN']);
  });

  it('count Envoy’s own 503 once, though Envoy counts it as status 14 and as class 5xx', () => {
    expect(countStatuses(counters({ 0: 10, 14: 3 }), 3)).to.deep.equal({ bad: 3, total: 13 });
  });

  it('leave out no 5xx that came without a status', () => {
    expect(countStatuses(counters({}), 4)).to.deep.equal({ bad: 4, total: 4 });
    expect(countStatuses(counters({ 0: 10, 14: 1 }), 4)).to.deep.equal({ bad: 4, total: 14 });
  });

  it('never make more bad calls than calls, nor fewer than either counter says', () => {
    const statuses = fc.dictionary(fc.nat(20).map(String), fc.nat(1_000));
    fc.assert(
      fc.property(statuses, fc.nat(1_000), (seen, serverErrors) => {
        const { bad, total } = countStatuses(counters(seen), serverErrors);
        expect(bad).to.be.at.most(total);
        expect(bad).to.be.at.least(serverErrors);
        expect(bad).to.be.at.least(seen[14] ?? 0);
      }),
    );
  });
});
