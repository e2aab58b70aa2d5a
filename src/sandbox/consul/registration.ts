import { describeService, type NewService, NO_PROXY, putService, removeService } from './catalog.js';
import { protocolOf } from './chain.js';
import { followAliases, startCheck } from './checks.js';
import { findIn } from './config.js';
import { Failure } from './failure.js';
import type { Json, JsonObject, ProxyRecord } from './records.js';
import type { State } from './state.js';

const KNOWN = new Set(
  'id name kind tags port ports address taggedaddresses meta weights enabletagoverride check checks proxy connect socketpath namespace partition locality token'.split(
    ' ',
  ),
);
const FIRST_SIDECAR_PORT = 21_000;

/** Registers an instance with the agent, as PUT /v1/agent/service/register does: its checks, and its sidecar when it asks for one. */
export function registerWithAgent(state: State, body: JsonObject): void {
  const strange = Object.keys(body).find((key) => !KNOWN.has(key.toLowerCase()));
  if (strange !== undefined) throw new Failure(400, `Request decode failed: json: unknown field "${strange}"`);
  const service = describe(state, body);
  if (service.Service === '') throw new Failure(400, 'Missing service name');
  putService(state, service);
  startChecks(state, service, body);
  const sidecar = (body.Connect as JsonObject | undefined)?.SidecarService as JsonObject | undefined;
  if (sidecar !== undefined && sidecar !== null) registerSidecar(state, service, sidecar);
  followAliases(state);
}

/** Removes an instance and its sidecar; 404 with Consul's words when the agent has none of this id. */
export function deregisterFromAgent(state: State, id: string): void {
  if (!state.services.has(`${state.nodeName}/${id}`)) {
    throw new Failure(404, `Unknown service ID "${id}". Ensure that the service ID is passed, not the service name.`);
  }
  removeService(state, state.nodeName, id);
  removeService(state, state.nodeName, `${id}-sidecar-proxy`);
  followAliases(state);
}

/** The proxy part of a registration in Consul's form. */
export function readProxy(given: JsonObject | undefined): ProxyRecord {
  if (given === undefined) return NO_PROXY;
  const upstreams = given.Upstreams as JsonObject[] | undefined;
  return {
    ...pick(given, ['DestinationServiceName', 'DestinationServiceID', 'LocalServiceAddress', 'LocalServicePort']),
    Mode: text(given.Mode),
    ...(given.Config === undefined || given.Config === null ? {} : { Config: given.Config as JsonObject }),
    ...(upstreams === undefined || upstreams.length === 0 ? {} : { Upstreams: upstreams.map(describeUpstream) }),
    MeshGateway: {},
    Expose: {},
  };
}

/** A sidecar takes the Meta and the Tags of its service only where it has none of its own. */
function registerSidecar(state: State, service: NewService, sidecar: JsonObject): void {
  const proxy = (sidecar.Proxy ?? {}) as JsonObject;
  const given: JsonObject = {
    ...sidecar,
    ID: `${service.ID}-sidecar-proxy`,
    Name: text(sidecar.Name) || `${service.Service}-sidecar-proxy`,
    Kind: 'connect-proxy',
    Address: text(sidecar.Address) || service.Address,
    Port: sidecar.Port ?? freePort(state),
    Proxy: {
      DestinationServiceName: service.Service,
      DestinationServiceID: service.ID,
      LocalServiceAddress: '127.0.0.1',
      LocalServicePort: service.Port,
      ...proxy,
      Config: { ...((proxy.Config ?? {}) as JsonObject), ...centralProtocol(state, service.Service) },
    },
  };
  if (Object.keys((sidecar.Meta ?? {}) as JsonObject).length === 0) given.Meta = service.Meta;
  if (((sidecar.Tags ?? []) as Json[]).length === 0) given.Tags = [...service.Tags];
  const record = describe(state, given);
  putService(state, record);
  const own = (sidecar.Checks ?? []) as JsonObject[];
  if (own.length > 0 || sidecar.Check !== undefined) {
    startChecks(state, record, sidecar);
    return;
  }
  const address = `${record.Address || '127.0.0.1'}:${record.Port}`;
  startChecks(state, record, {
    Checks: [
      { Name: 'Connect Sidecar Listening', TCP: address, Interval: '10s' },
      { Name: `Connect Sidecar Aliasing ${service.ID}`, AliasService: service.ID },
    ],
  });
}

function describe(state: State, body: JsonObject): NewService {
  const name = text(body.Name);
  const weights = body.Weights as { Passing: number; Warning: number } | undefined;
  const address = text(body.Address);
  const port = Number(body.Port ?? 0);
  const described = describeService({
    node: state.nodeName,
    id: text(body.ID) || name,
    name,
    port,
    meta: (body.Meta ?? {}) as Record<string, string>,
    address,
    tags: ((body.Tags ?? []) as Json[]).map(text),
    kind: text(body.Kind),
    proxy: readProxy(body.Proxy as JsonObject | undefined),
    ...(weights === undefined ? {} : { weights }),
    connect: (body.Connect as JsonObject | undefined)?.Native === true ? { Native: true } : {},
  });
  const destination = described.Proxy.DestinationServiceName;
  const virtual =
    destination === undefined ? {} : { 'consul-virtual': { Address: state.assignVirtualAddress(destination), Port: port } };
  const lan = address === '' ? {} : { lan_ipv4: { Address: address, Port: port }, wan_ipv4: { Address: address, Port: port } };
  const tagged = { ...virtual, ...lan };
  return Object.keys(tagged).length === 0 ? described : { ...described, TaggedAddresses: tagged };
}

function startChecks(state: State, service: NewService, body: JsonObject): void {
  const single = body.Check as JsonObject | undefined;
  const all = [...(single === undefined ? [] : [single]), ...((body.Checks ?? []) as JsonObject[])];
  all.forEach((definition, i) => {
    startCheck(state, service, definition, `service:${service.ID}${all.length > 1 ? `:${i + 1}` : ''}`);
  });
}

/** The agent copies the protocol of service-defaults into the configuration of a sidecar that it registers. */
function centralProtocol(state: State, service: string): JsonObject {
  const protocol = protocolOf(service, findIn(state));
  return protocol === 'tcp' ? {} : { protocol };
}

function describeUpstream(upstream: JsonObject): JsonObject {
  return { DestinationType: 'service', Datacenter: '', ...upstream, MeshGateway: {} };
}

function freePort(state: State): number {
  const taken = new Set([...state.services.values()].map((service) => service.Port));
  let port = FIRST_SIDECAR_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

function pick(from: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined && from[name] !== '').map((name) => [name, from[name] as Json]),
  );
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
