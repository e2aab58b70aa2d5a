import { type Call, json, nothing, type Reply, type Routes, readJson } from './call.js';
import { reportCheck } from './checks.js';
import { Failure } from './failure.js';
import type { CheckStatus } from './records.js';
import { deregisterFromAgent, registerWithAgent } from './registration.js';

/** /v1/agent. */
export const agentRoutes: Routes = {
  '/v1/agent/self': { GET: self },
  '/v1/agent/service/register': { PUT: register },
  '/v1/agent/service/deregister/': { PUT: deregister },
  '/v1/agent/check/pass/': { PUT: (call) => report(call, 'passing') },
  '/v1/agent/check/warn/': { PUT: (call) => report(call, 'warning') },
  '/v1/agent/check/fail/': { PUT: (call) => report(call, 'critical') },
  '/v1/agent/check/update/': { PUT: update },
};

function self({ state }: Call): Reply {
  const node = state.nodes.get(state.nodeName);
  const Config = {
    Datacenter: state.datacenter,
    PrimaryDatacenter: state.datacenter,
    NodeName: state.nodeName,
    NodeID: node?.ID,
    Server: true,
    Version: '1.22.5',
  };
  // Without ACLs every call is let where no intention says otherwise.
  const DebugConfig = { ACLsEnabled: false, DefaultIntentionPolicy: '' };
  return json({ Config, DebugConfig, Member: { Name: state.nodeName, Addr: node?.Address, Status: 1 }, Meta: node?.Meta });
}

function register(call: Call): Reply {
  registerWithAgent(call.state, readJson(call, 'Request decode failed'));
  return nothing();
}

function deregister(call: Call): Reply {
  deregisterFromAgent(call.state, call.rest);
  return nothing();
}

function update(call: Call): Reply {
  const body = readJson(call, 'Request decode failed');
  const status = String(body.Status ?? '');
  if (!['passing', 'warning', 'critical'].includes(status)) throw new Failure(400, `Invalid check status: '${status}'`);
  return report(call, status as CheckStatus, String(body.Output ?? ''));
}

function report(call: Call, status: CheckStatus, output = call.query.get('note') ?? ''): Reply {
  const check = call.state.checks.get(`${call.state.nodeName}/${call.rest}`);
  if (check === undefined) {
    throw new Failure(404, `Unknown check ID "${call.rest}". Ensure that the check ID is passed, not the check name.`);
  }
  reportCheck(call.state, check, status, output);
  return nothing();
}
