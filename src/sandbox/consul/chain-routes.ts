import { type Answer, type Call, json, type Routes } from './call.js';
import { compileChain } from './chain.js';
import { findIn } from './config.js';
import { Failure } from './failure.js';

/** /v1/discovery-chain. A blocked reader wakes when the compiled chain differs, not at every entry. */
export const chainRoutes: Routes = { '/v1/discovery-chain/': { GET: read, POST: read } };

function read({ rest: service, state }: Call): Answer {
  if (service === '') throw new Failure(400, 'Missing chain name');
  return () => {
    const chain = compileChain(service, findIn(state), state.datacenter, state.trustDomain);
    const virtual = state.virtualAddresses.get(service);
    const addresses = {
      AutoVirtualIPs: virtual === undefined ? null : [virtual],
      ManualVirtualIPs: virtual === undefined ? null : [],
    };
    return {
      index: state.tables.entries,
      mark: JSON.stringify(chain),
      reply: () => ({ ...json({ Chain: { ...chain, ...addresses } }), headers: { 'X-Consul-Effective-Consistency': 'leader' } }),
    };
  };
}
