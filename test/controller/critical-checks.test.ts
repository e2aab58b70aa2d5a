import { expect } from 'chai';
import { followCriticalChecks } from '../../src/controller/critical-checks.js';

describe('followCriticalChecks', () => {
  it('tells whose checks have changed: a sidecar means its service, a node anybody; what stays as it is is not told again', async () => {
    const api = { service: 'payments', check: 'n1/api' };
    const sidecar = { service: 'orders-sidecar-proxy', check: 'n1/proxy' };
    const node = { service: '', check: 'n2/serfHealth' };
    const answers = [[api], [api, sidecar], [api, sidecar], [sidecar], [sidecar, node]];
    const told: string[][] = [];
    const stop = new AbortController();
    let index = 1;
    const mesh = {
      listCritical: async () => {
        const critical = answers.shift();
        if (critical === undefined) stop.abort();
        return { critical: critical ?? [sidecar, node], index: ++index };
      },
    };
    await followCriticalChecks(
      mesh,
      (services) => told.push([...services]),
      stop.signal,
      () => undefined,
    );
    expect(told).to.deep.equal([['payments'], ['orders'], ['payments'], ['']]);
  });
});
