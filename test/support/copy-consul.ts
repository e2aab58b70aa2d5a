import { ENTRY_KINDS, withoutServerFields } from '../../src/core/entries.js';

/** Writes the config entries and keys of one Consul to another that has none of them; indexes and sessions are not taken along. */
export async function copyConsul(from: string, to: string): Promise<void> {
  const read = async (path: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const answer = await fetch(`${from}${path}`);
    return answer.status === 404 ? [] : ((await answer.json()) as readonly Readonly<Record<string, unknown>>[]);
  };
  const write = async (path: string, body: string): Promise<void> => {
    const { status } = await fetch(`${to}${path}`, { method: 'PUT', body });
    if (status !== 200) throw new Error(`PUT ${path}: HTTP ${status}`);
  };
  for (const kind of ENTRY_KINDS)
    for (const entry of await read(`/v1/config/${kind}`)) await write('/v1/config', JSON.stringify(withoutServerFields(entry)));
  for (const { Key, Value } of await read('/v1/kv/splitter/?recurse=true'))
    await write(`/v1/kv/${String(Key)}`, Buffer.from(String(Value ?? ''), 'base64').toString('utf8'));
}
