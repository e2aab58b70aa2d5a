import { type Answer, type Call, json, type Reply, type Routes, readJson, readUnsigned } from './call.js';
import { decodeEntry, isKind, putEntry, removeEntry, renderEntry } from './config.js';
import { Failure } from './failure.js';
import { compileFilter } from './filter.js';
import { ENTRY_FIELDS } from './filter-fields.js';

/** /v1/config. */
export const configRoutes: Routes = {
  '/v1/config': { PUT: write },
  '/v1/config/': { GET: read, DELETE: remove },
};

function write(call: Call): Reply {
  const { kind, content } = decodeEntry(readJson(call, 'Request decoding failed'));
  return json(putEntry(call.state, kind, content, readUnsigned(call, 'cas', true)));
}

function read(call: Call): Answer {
  const { state, rest } = call;
  const slash = rest.indexOf('/');
  const kind = slash < 0 ? rest : rest.slice(0, slash);
  if (kind !== '' && !isKind(kind)) throw new Failure(500, `invalid config entry kind: ${kind}`);
  if (slash < 0) return list(call, kind);
  const name = rest.slice(slash + 1);
  return () => {
    const record = state.entry(kind, name);
    const absent: Reply = {
      status: 404,
      body: `Config entry not found for ${JSON.stringify(kind)} / ${JSON.stringify(name)}`,
      type: 'text/plain; charset=utf-8',
    };
    return {
      index: state.tables.entries,
      mark: record?.ModifyIndex ?? 0,
      reply: () => (record === undefined ? absent : { status: 200, body: renderEntry(record) }),
    };
  };
}

function list({ state, query }: Call, kind: string): Answer {
  const filter = query.get('filter') ?? '';
  if (filter !== '' && kind !== 'service-defaults')
    throw new Failure(500, `filtering not supported for config entry kind=${kind}`);
  const wanted = compileFilter(filter, ENTRY_FIELDS);
  return () => {
    const tables = kind === '' ? [...state.entries.values()] : [state.entries.get(kind) ?? new Map<string, never>()];
    const records = tables.flatMap((table) => [...table.values()]).filter((record) => wanted(record.content));
    records.sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      index: state.tables.entries,
      mark: records.reduce((sum, record) => sum + record.ModifyIndex, records.length),
      reply: () => ({ status: 200, body: `[${records.map(renderEntry).join(',')}]` }),
    };
  };
}

function remove(call: Call): Reply {
  const [kind = '', ...name] = call.rest.split('/');
  if (kind === '' || name.join('/') === '') throw new Failure(404, 'Must provide both a kind and name to delete');
  if (!isKind(kind)) throw new Failure(400, `invalid config entry kind: ${kind}`);
  const cas = readUnsigned(call, 'cas', true);
  const removed = removeEntry(call.state, kind, name.join('/'), cas);
  return json(cas === undefined ? {} : removed);
}
