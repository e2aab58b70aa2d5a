import { type Call, json, type Reply, type Routes } from './consul/call.js';
import { parseNanoseconds } from './consul/duration.js';
import { Failure } from './consul/failure.js';
import type { CheckStatus } from './consul/records.js';
import type { Sandbox } from './sandbox.js';

/** /sandbox: what a person in another terminal can do to the fake mesh with curl. `find` gives the sandbox once it runs. */
export function controlRoutes(find: () => Sandbox): Routes {
  return {
    '/sandbox/behaviour': { PUT: (call) => setBehaviour(call, find()) },
    '/sandbox/health': { PUT: (call) => setHealth(call, find()) },
    '/sandbox/deploy': { PUT: (call) => deploy(call, find()) },
    '/sandbox/stop': { PUT: (call) => stopInstances(call, find()) },
    '/sandbox/faults': { PUT: (call) => setFaults(call, find()) },
    '/sandbox/stats': { GET: () => json(find().stats()) },
  };
}

function setBehaviour(call: Call, sandbox: Sandbox): Reply {
  const version = readVersion(call);
  const behaviour: { errorRate?: number; latencyMs?: number } = {};
  const errors = call.query.get('errors');
  if (errors !== null) behaviour.errorRate = readShare(errors);
  const latency = call.query.get('latency');
  if (latency !== null) behaviour.latencyMs = readMilliseconds(latency);
  return json(sandbox.setBehaviour(version, behaviour));
}

function setHealth(call: Call, sandbox: Sandbox): Reply {
  const status = call.query.get('status') ?? '';
  if (!['passing', 'warning', 'critical'].includes(status)) {
    throw new Failure(400, `status is "${status}"; give ?version=3&status=passing, warning or critical`);
  }
  sandbox.setHealth(readVersion(call), status as CheckStatus);
  return json(true);
}

function deploy(call: Call, sandbox: Sandbox): Reply {
  const instances = Number(call.query.get('instances') ?? 1);
  if (!Number.isInteger(instances) || instances < 1 || instances > 100)
    throw new Failure(400, 'instances must be a number from 1 to 100');
  return json(sandbox.deploy(readVersion(call), instances));
}

function stopInstances(call: Call, sandbox: Sandbox): Reply {
  sandbox.stopInstances(readVersion(call));
  return json(true);
}

function setFaults({ query }: Call, sandbox: Sandbox): Reply {
  const leaderless = query.get('leaderless');
  const latency = query.get('latency');
  if (leaderless !== null) sandbox.faults.leaderless = leaderless !== 'false';
  if (latency !== null) sandbox.faults.latencyMs = readMilliseconds(latency);
  return json({ leaderless: sandbox.faults.leaderless, latencyMs: sandbox.faults.latencyMs });
}

function readVersion({ query }: Call): string {
  const version = query.get('version') ?? '';
  if (version === '') throw new Failure(400, 'which version? add ?version=3');
  return version;
}

function readShare(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(share >= 0 && share <= 1)) throw new Failure(400, `errors is "${text}"; give a share such as 30% or 0.3`);
  return share;
}

function readMilliseconds(text: string): number {
  const nanoseconds = parseNanoseconds(text);
  if (nanoseconds === undefined || nanoseconds < 0) throw new Failure(400, `latency is "${text}"; give a duration such as 250ms`);
  return nanoseconds / 1e6;
}
