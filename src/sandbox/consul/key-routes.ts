import { type Answer, type Call, json, type Reply, type Routes, readUnsigned } from './call.js';
import { Failure } from './failure.js';
import { acquireKey, indexOfPrefix, listKeys, putKey, releaseKey, removeKey, removePrefix } from './keys.js';
import type { KeyRecord } from './records.js';

const LARGEST_VALUE = 524_288;
const ABSENT: Reply = { status: 404, body: '', type: '' };

/** /v1/kv. */
export const keyRoutes: Routes = { '/v1/kv/': { GET: read, PUT: write, DELETE: remove } };

function read(call: Call): Answer {
  const { query, state, rest: key } = call;
  const many = query.has('recurse') || query.has('keys');
  if (key === '' && !many) throw new Failure(400, 'Missing key name');
  if (!many) {
    return () => {
      const record = state.keys.get(key);
      return {
        index: record?.ModifyIndex ?? state.tables.keys,
        mark: record?.ModifyIndex ?? 0,
        reply: () => (record === undefined ? ABSENT : query.has('raw') ? raw(record) : json([show(record)])),
      };
    };
  }
  return () => {
    const found = listKeys(state, key);
    return {
      index: indexOfPrefix(state, key, found),
      mark: found.length === 0 ? state.tables.keys : found.map((record) => `${record.Key}=${record.ModifyIndex}`).join('\n'),
      reply: () => {
        if (found.length === 0) return ABSENT;
        return json(query.has('keys') ? names(found, key, query.get('separator') ?? '') : found.map(show));
      },
    };
  };
}

function write(call: Call): Reply {
  const { query, state, rest: key, body } = call;
  if (key === '') throw new Failure(400, 'Missing key name');
  refuseConflicts(query, ['cas', 'acquire', 'release']);
  const flags = readUnsigned(call, 'flags', true) ?? 0;
  const cas = readUnsigned(call, 'cas', false);
  if (body.length > LARGEST_VALUE) {
    throw new Failure(413, `Request body(${body.length} bytes) too large, max size: ${LARGEST_VALUE} bytes. `.trim());
  }
  const acquire = query.get('acquire');
  if (acquire !== null) return json(acquireKey(state, key, body, flags, acquire));
  const release = query.get('release');
  if (release !== null) return json(releaseKey(state, key, body, flags, release));
  return json(putKey(state, key, body, flags, cas));
}

function remove(call: Call): Reply {
  const { query, state, rest: key } = call;
  refuseConflicts(query, ['cas', 'recurse']);
  if (query.has('recurse')) {
    removePrefix(state, key);
    return json(true);
  }
  if (key === '') throw new Failure(400, 'Missing key name');
  return json(removeKey(state, key, readUnsigned(call, 'cas', false)));
}

function refuseConflicts(query: URLSearchParams, flags: readonly string[]): void {
  const given = flags.filter((flag) => query.has(flag));
  if (given.length < 2) return;
  throw new Failure(400, `Conflicting flags: ${given.map((flag) => `${flag}=${query.get(flag)}`).join('&')}\n`);
}

function show(record: KeyRecord): object {
  const { Key, LockIndex, Flags, Value, Session, CreateIndex, ModifyIndex } = record;
  return { LockIndex, Key, Flags, Value, ...(Session === undefined ? {} : { Session }), CreateIndex, ModifyIndex };
}

function raw(record: KeyRecord): Reply {
  return {
    status: 200,
    body: Buffer.from(record.Value ?? '', 'base64'),
    type: 'text/plain; charset=utf-8',
    headers: { 'Content-Security-Policy': 'sandbox', 'X-Content-Type-Options': 'nosniff' },
  };
}

function names(found: readonly KeyRecord[], prefix: string, separator: string): string[] {
  const cut = found.map(({ Key }) => {
    const end = separator === '' ? -1 : Key.indexOf(separator, prefix.length);
    return end < 0 ? Key : Key.slice(0, end + separator.length);
  });
  return [...new Set(cut)];
}
