import { type Answer, type Call, json, type Reply, type Routes, readJson } from './call.js';
import { parseNanoseconds } from './duration.js';
import { Failure } from './failure.js';
import type { Json, JsonObject, SessionRecord } from './records.js';
import { createSession, endSession, renewSession } from './sessions.js';

/** /v1/session. */
export const sessionRoutes: Routes = {
  '/v1/session/create': { PUT: create },
  '/v1/session/renew/': { PUT: renew },
  '/v1/session/destroy/': { PUT: destroy },
  '/v1/session/info/': { GET: info },
  '/v1/session/list': { GET: (call) => list(call, () => true) },
  '/v1/session/node/': { GET: (call) => list(call, (session) => session.Node === call.rest) },
};

function create(call: Call): Reply {
  const body: JsonObject = call.body.length === 0 ? {} : readJson(call, 'Request decode failed');
  const checks = body.NodeChecks ?? body.Checks;
  const session = createSession(call.state, {
    name: text(body.Name),
    node: text(body.Node) || call.state.nodeName,
    ttl: text(body.TTL),
    behavior: text(body.Behavior),
    lockDelay: readLockDelay(body.LockDelay),
    nodeChecks: Array.isArray(checks) ? checks.map(text) : ['serfHealth'],
  });
  return json({ ID: session.ID });
}

function renew(call: Call): Reply {
  const session = call.state.sessions.get(requireId(call));
  if (session === undefined) throw new Failure(404, `Session id '${call.rest}' not found`);
  renewSession(call.state, session);
  return json([session]);
}

function destroy(call: Call): Reply {
  endSession(call.state, requireId(call));
  return json(true);
}

function info(call: Call): Answer {
  const id = requireId(call);
  return () => {
    const session = call.state.sessions.get(id);
    return {
      index: session?.ModifyIndex ?? call.state.tables.sessions,
      mark: session?.ModifyIndex ?? 0,
      reply: () => json(session === undefined ? [] : [session]),
    };
  };
}

function list(call: Call, wanted: (session: SessionRecord) => boolean): Answer {
  const { state } = call;
  return () => {
    const found = [...state.sessions.values()].filter(wanted).sort((a, b) => (a.ID < b.ID ? -1 : 1));
    return { index: state.tables.sessions, mark: state.tables.sessions, reply: () => json(found) };
  };
}

function requireId(call: Call): string {
  if (call.rest === '') throw new Failure(400, 'Missing session');
  return call.rest;
}

/** Nanoseconds: given as text with a unit, or as a number of seconds when it is small, as Consul reads it. */
function readLockDelay(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value < 1000 ? value * 1e9 : value;
  if (typeof value !== 'string') return undefined;
  const nanoseconds = parseNanoseconds(value);
  if (nanoseconds === undefined) throw new Failure(400, `Request decode failed: time: invalid duration "${value}"`);
  return nanoseconds;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
