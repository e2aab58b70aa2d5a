import { expect } from 'chai';
import fc from 'fast-check';
import { countFaults, sayStatus } from '../../src/signals/grpc-status.js';

const counters = (statuses: Readonly<Record<string, number>>): Map<string, number> => new Map(Object.entries(statuses));

describe('gRPC statuses', () => {
  it('are bad when they are the server’s fault, and only then', () => {
    const bad = Array.from({ length: 17 }, (_, status) => status).filter(
      (status) => countFaults(counters({ [status]: 1 }), 0) === 1,
    );
    expect(bad).to.deep.equal([2, 4, 12, 13, 14, 15]);
  });

  it('that gRPC does not define are UNKNOWN, as for its clients', () => {
    expect(countFaults(counters({ 0: 5, 99: 2 }), 0)).to.equal(2);
    expect([sayStatus('14'), sayStatus('99')]).to.deep.equal(['14 UNAVAILABLE', '99 UNKNOWN']);
  });

  it('count Envoy’s own 503 once, though Envoy counts it as status 14 and as class 5xx', () => {
    expect(countFaults(counters({ 0: 10, 14: 3 }), 3)).to.equal(3);
  });

  it('leave out no 5xx that came without a status', () => {
    expect(countFaults(counters({}), 4)).to.equal(4);
    expect(countFaults(counters({ 0: 10, 14: 1 }), 4)).to.equal(4);
  });

  it('are never fewer bad calls than either counter says', () => {
    const statuses = fc.dictionary(fc.nat(20).map(String), fc.nat(1_000));
    fc.assert(
      fc.property(statuses, fc.nat(1_000), (seen, serverErrors) => {
        const bad = countFaults(counters(seen), serverErrors);
        expect(bad).to.be.at.least(serverErrors);
        expect(bad).to.be.at.least(seen[14] ?? 0);
      }),
    );
  });
});
