import { isRecord } from '../../core/is-record.js';
import { type Call, json, type Reply, type Routes } from './call.js';
import { Failure } from './failure.js';
import { putKeys } from './keys.js';

const OPERATIONS = 128;

/** /v1/txn, as far as splitter uses it: compare-and-set of keys, all or none. */
export const txnRoutes: Routes = { '/v1/txn': { PUT: transact } };

interface Operation {
  readonly key: string;
  readonly value: Buffer;
  readonly cas: number;
}

function transact({ state, body }: Call): Reply {
  const operations = readOperations(body.toString('utf8'));
  if (operations.length > OPERATIONS)
    throw new Failure(413, `Transaction contains too many operations (${operations.length} > ${OPERATIONS})`);
  const lost = operations.flatMap(({ key, cas }, i) => {
    const known = state.keys.get(key)?.ModifyIndex ?? 0;
    return known === cas ? [] : [{ OpIndex: i, What: `failed to set key "${key}", index is stale` }];
  });
  if (lost.length > 0) return { ...json({ Results: null, Errors: lost }), status: 409 };
  putKeys(state, operations);
  const results = operations.map(({ key }) => {
    const { Value: _, ...record } = state.keys.get(key)!;
    return { KV: { ...record, Value: null } };
  });
  return json({ Results: results, Errors: null });
}

function readOperations(text: string): readonly Operation[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new Failure(400, 'Failed to parse body: expected an array');
  return parsed.map((one: unknown) => {
    const kv = isRecord(one) && isRecord(one.KV) ? one.KV : undefined;
    if (kv?.Verb !== 'cas') throw new Failure(400, 'the sandbox knows transactions of KV cas only');
    return { key: String(kv.Key), value: Buffer.from(String(kv.Value), 'base64'), cas: Number(kv.Index) };
  });
}
