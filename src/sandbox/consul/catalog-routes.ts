import { type Answer, type Call, json, type Reply, type Routes, readJson } from './call.js';
import {
  describeCheck,
  describeService,
  instancesOf,
  putCheck,
  putNode,
  putService,
  removeCheck,
  removeNode,
  removeService,
} from './catalog.js';
import { Failure } from './failure.js';
import { compileFilter } from './filter.js';
import { CATALOG_FIELDS } from './filter-fields.js';
import type { CheckStatus, Json, JsonObject } from './records.js';
import { readProxy } from './registration.js';
import { viewCatalog } from './views.js';

/** /v1/catalog, but for the datacenters. */
export const catalogRoutes: Routes = {
  '/v1/catalog/services': { GET: services },
  '/v1/catalog/service/': { GET: service },
  // Gateways may be registered, but of the entries that give them something to serve there are none.
  '/v1/catalog/gateway-services/': { GET: () => leader(json([])) },
  '/v1/catalog/register': { PUT: register },
  '/v1/catalog/deregister': { PUT: deregister },
};

function services({ state, query }: Call): Answer {
  const wanted = compileFilter(query.get('filter') ?? '', CATALOG_FIELDS);
  return () => ({
    index: state.tables.services,
    mark: state.tables.services,
    reply: () => {
      const tags = new Map<string, Set<string>>();
      for (const record of state.services.values()) {
        if (!wanted(viewCatalog(state, record, false))) continue;
        tags.set(record.Service, new Set([...(tags.get(record.Service) ?? []), ...record.Tags]));
      }
      const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
      return leader(json(Object.fromEntries(sorted.map(([name, own]) => [name, [...own]]))));
    },
  });
}

function service({ state, rest: name, query }: Call): Answer {
  if (name === '') throw new Failure(400, 'Missing service name');
  const wanted = compileFilter(query.get('filter') ?? '', CATALOG_FIELDS);
  const central = query.has('merge-central-config');
  return () => {
    const index = Math.max(central ? state.tables.entries : 0, state.serviceIndexes.get(name) ?? state.tables.services);
    return {
      index,
      mark: index,
      reply: () =>
        leader(
          json(
            instancesOf(state, name)
              .map((record) => viewCatalog(state, record, central))
              .filter(wanted),
          ),
        ),
    };
  };
}

function register(call: Call): Reply {
  const { state } = call;
  const body = readJson(call, 'Request decode failed');
  const node = text(body.Node);
  if (node === '') throw new Failure(500, 'Must provide node');
  const skip = body.SkipNodeUpdate === true;
  if (text(body.Address) === '' && !skip) throw new Failure(500, 'Must provide address if SkipNodeUpdate is not set');
  if (!skip || !state.nodes.has(node)) {
    putNode(state, {
      ID: text(body.ID),
      Node: node,
      Address: text(body.Address),
      Datacenter: state.datacenter,
      TaggedAddresses: (body.TaggedAddresses ?? null) as Record<string, string> | null,
      Meta: (body.NodeMeta ?? null) as Record<string, string> | null,
    });
  }
  if (body.Service !== undefined) registerService(call, node, body.Service as JsonObject);
  const single = body.Check === undefined ? [] : [body.Check as JsonObject];
  for (const check of [...single, ...((body.Checks ?? []) as JsonObject[])]) registerCheck(call, node, check);
  return json(true);
}

function registerService({ state }: Call, node: string, given: JsonObject): void {
  const name = text(given.Service);
  if (name === '') throw new Failure(500, 'Must provide service name (Service.Service)');
  const weights = given.Weights as { Passing: number; Warning: number } | undefined;
  putService(
    state,
    describeService({
      node,
      id: text(given.ID) || name,
      name,
      port: Number(given.Port ?? 0),
      meta: (given.Meta ?? null) as Record<string, string> | null,
      address: text(given.Address),
      tags: ((given.Tags ?? []) as Json[]).map(text),
      kind: text(given.Kind),
      proxy: readProxy(given.Proxy as JsonObject | undefined),
      ...(weights === undefined ? {} : { weights }),
    }),
  );
}

function registerCheck({ state }: Call, node: string, given: JsonObject): void {
  const owner = state.services.get(`${node}/${text(given.ServiceID)}`);
  putCheck(
    state,
    describeCheck({
      node,
      id: text(given.CheckID) || text(given.Name),
      name: text(given.Name),
      status: (text(given.Status) || 'critical') as CheckStatus,
      output: text(given.Output),
      notes: text(given.Notes),
      ...(owner === undefined ? {} : { service: owner }),
    }),
  );
}

function deregister(call: Call): Reply {
  const body = readJson(call, 'Request decode failed');
  const node = text(body.Node);
  if (node === '') throw new Failure(500, 'Must provide node');
  const [service, check] = [text(body.ServiceID), text(body.CheckID)];
  if (service !== '') removeService(call.state, node, service);
  else if (check !== '') removeCheck(call.state, node, check);
  else removeNode(call.state, node);
  return json(true);
}

function leader(reply: Reply): Reply {
  return { ...reply, headers: { 'X-Consul-Effective-Consistency': 'leader' } };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
