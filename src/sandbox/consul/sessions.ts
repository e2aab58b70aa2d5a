import { randomUUID } from 'node:crypto';
import { parseNanoseconds } from './duration.js';
import { Failure } from './failure.js';
import { loseKeys } from './keys.js';
import type { SessionRecord } from './records.js';
import type { State } from './state.js';

const DEFAULT_LOCK_DELAY = 15e9;
const SHORTEST_TTL = 10e9;
const LONGEST_TTL = 24 * 3600e9;

/** Consul ends a session after twice its TTL. */
const TTL_FACTOR = 2;

const expiries = new WeakMap<State, Map<string, NodeJS.Timeout>>();

/** What a client asks of a new session; `LockDelay` in nanoseconds. */
export interface SessionRequest {
  readonly name: string;
  readonly node: string;
  readonly ttl: string;
  readonly behavior: string;
  readonly lockDelay: number | undefined;
  readonly nodeChecks: readonly string[] | null;
}

/** Makes a session and starts its time; 500 with Consul's words when the request breaks a rule. */
export function createSession(state: State, request: SessionRequest): SessionRecord {
  const behavior = request.behavior === '' ? 'release' : request.behavior;
  if (behavior !== 'release' && behavior !== 'delete') throw new Failure(500, `Invalid Behavior setting '${behavior}'`);
  checkTtl(request.ttl);
  if (!state.nodes.has(request.node)) throw new Failure(500, 'apply failed: Missing node registration');
  for (const id of request.nodeChecks ?? []) {
    if (!state.checks.has(`${request.node}/${id}`)) throw new Failure(500, `apply failed: Missing check '${id}' registration`);
  }
  const index = state.next('sessions');
  const session: SessionRecord = {
    ID: randomUUID(),
    Name: request.name,
    Node: request.node,
    LockDelay: request.lockDelay ?? DEFAULT_LOCK_DELAY,
    Behavior: behavior,
    TTL: request.ttl,
    NodeChecks: request.nodeChecks,
    ServiceChecks: null,
    CreateIndex: index,
    ModifyIndex: index,
  };
  state.sessions.set(session.ID, session);
  renewSession(state, session);
  state.announce();
  return session;
}

/** Starts the session's time anew. */
export function renewSession(state: State, session: SessionRecord): void {
  const timers = expiries.get(state) ?? new Map<string, NodeJS.Timeout>();
  expiries.set(state, timers);
  clearTimeout(timers.get(session.ID));
  if (session.TTL === '' || parseNanoseconds(session.TTL) === 0) return;
  const ms = ((parseNanoseconds(session.TTL) as number) / 1e6) * TTL_FACTOR;
  timers.set(
    session.ID,
    setTimeout(() => endSession(state, session.ID), ms),
  );
}

/** Ends a session: its keys are released or deleted, and held back for its lock-delay. Unknown ids are no error. */
export function endSession(state: State, id: string): void {
  const session = state.sessions.get(id);
  if (session === undefined) return;
  clearTimeout(expiries.get(state)?.get(id));
  expiries.get(state)?.delete(id);
  state.sessions.delete(id);
  state.next('sessions');
  loseKeys(state, id, session.Behavior, session.LockDelay / 1e6);
  state.announce();
}

/** Ends the sessions that depend on a node or on one of its checks (`checkId` absent: on the node itself). */
export function endSessionsOf(state: State, node: string, checkId?: string): void {
  for (const session of [...state.sessions.values()]) {
    const depends = checkId === undefined || (session.NodeChecks ?? []).includes(checkId);
    if (session.Node === node && depends) endSession(state, session.ID);
  }
}

/** Stops all the timers of this state's sessions. */
export function stopSessions(state: State): void {
  for (const timer of expiries.get(state)?.values() ?? []) clearTimeout(timer);
  expiries.delete(state);
}

function checkTtl(ttl: string): void {
  if (ttl === '') return;
  const nanoseconds = parseNanoseconds(ttl);
  if (nanoseconds === undefined) throw new Failure(500, `Session TTL '${ttl}' invalid: time: invalid duration "${ttl}"`);
  if (nanoseconds !== 0 && (nanoseconds < SHORTEST_TTL || nanoseconds > LONGEST_TTL)) {
    throw new Failure(500, `Invalid Session TTL '${nanoseconds}', must be between [10s=24h0m0s]`);
  }
}
