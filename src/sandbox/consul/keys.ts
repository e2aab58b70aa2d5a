import { Failure } from './failure.js';
import type { KeyRecord } from './records.js';
import type { State } from './state.js';

/** Writes a key, unless `cas` (0: only if absent) is not its ModifyIndex. Returns whether it was written. */
export function putKey(state: State, key: string, value: Buffer, flags: number, cas?: number): boolean {
  const known = state.keys.get(key);
  if (cas !== undefined && cas !== (known?.ModifyIndex ?? 0)) return false;
  store(state, key, value, flags, { LockIndex: 0, Session: known?.Session });
  return true;
}

/** Writes keys at one index, as a transaction does; whether it may is for the caller to know. */
export function putKeys(state: State, writes: readonly { readonly key: string; readonly value: Buffer }[]): void {
  const index = state.next('keys');
  for (const { key, value } of writes)
    store(state, key, value, 0, { LockIndex: 0, Session: state.keys.get(key)?.Session }, index);
}

/** Writes a key and locks it for the session; false while another holds it or its lock-delay runs. */
export function acquireKey(state: State, key: string, value: Buffer, flags: number, session: string): boolean {
  if (session === '') throw new Failure(500, 'raft apply failed: missing session');
  if (!state.sessions.has(session)) throw new Failure(500, `raft apply failed: invalid session "${session}"`);
  const known = state.keys.get(key);
  if (known?.Session !== undefined && known.Session !== session) return false;
  if (known?.Session === undefined && (state.lockDelays.get(key) ?? 0) > Date.now()) return false;
  const lockIndex = (known?.LockIndex ?? 0) + (known?.Session === session ? 0 : 1);
  store(state, key, value, flags, { LockIndex: lockIndex, Session: session });
  return true;
}

/** Writes a key and gives up the session's lock on it; false when the session does not hold it. */
export function releaseKey(state: State, key: string, value: Buffer, flags: number, session: string): boolean {
  if (session === '') throw new Failure(500, 'raft apply failed: missing session');
  const known = state.keys.get(key);
  if (known?.Session === undefined || known.Session !== session) return false;
  store(state, key, value, flags, { LockIndex: known.LockIndex, Session: undefined });
  return true;
}

/** Removes a key; false only when `cas` names another ModifyIndex than that of a key that exists. */
export function removeKey(state: State, key: string, cas?: number): boolean {
  const known = state.keys.get(key);
  if (known === undefined) return true;
  if (cas !== undefined && cas !== known.ModifyIndex) return false;
  state.keys.delete(key);
  state.bury(key, state.next('keys'));
  state.announce();
  return true;
}

/** Removes every key that starts with the prefix. */
export function removePrefix(state: State, prefix: string): void {
  const doomed = [...state.keys.keys()].filter((key) => key.startsWith(prefix));
  if (doomed.length === 0) return;
  const index = state.next('keys');
  for (const key of doomed) {
    state.keys.delete(key);
    state.bury(key, index);
  }
  state.announce();
}

/** The keys under a prefix, sorted. */
export function listKeys(state: State, prefix: string): KeyRecord[] {
  const found = [...state.keys.values()].filter((record) => record.Key.startsWith(prefix));
  return found.sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

/** The index of a prefix: of its newest key or newest deletion; of the whole table when it never had any. */
export function indexOfPrefix(state: State, prefix: string, found: readonly KeyRecord[]): number {
  let newest = 0;
  for (const record of found) newest = Math.max(newest, record.ModifyIndex);
  for (const [key, index] of state.tombstones) if (key.startsWith(prefix)) newest = Math.max(newest, index);
  return newest || state.tables.keys;
}

/** Takes the keys of a session that has ended from it: released or deleted, and under lock-delay. */
export function loseKeys(state: State, session: string, behavior: 'release' | 'delete', delayMs: number): void {
  const held = [...state.keys.values()].filter((record) => record.Session === session);
  if (held.length === 0) return;
  const index = state.next('keys');
  for (const record of held) {
    if (delayMs > 0) state.lockDelays.set(record.Key, Date.now() + delayMs);
    if (behavior === 'delete') {
      state.keys.delete(record.Key);
      state.bury(record.Key, index);
    } else {
      delete record.Session;
      record.ModifyIndex = index;
    }
  }
}

function store(
  state: State,
  key: string,
  value: Buffer,
  flags: number,
  lock: { LockIndex: number; Session: string | undefined },
  index = state.next('keys'),
): void {
  const record: KeyRecord = {
    Key: key,
    LockIndex: lock.LockIndex,
    Flags: flags,
    Value: value.length === 0 ? null : value.toString('base64'),
    CreateIndex: state.keys.get(key)?.CreateIndex ?? index,
    ModifyIndex: index,
  };
  if (lock.Session !== undefined) record.Session = lock.Session;
  state.keys.set(key, record);
  state.announce();
}
