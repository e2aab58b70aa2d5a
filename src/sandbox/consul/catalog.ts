import { randomUUID } from 'node:crypto';
import type { CheckRecord, CheckStatus, JsonObject, NodeRecord, ProxyRecord, ServiceRecord } from './records.js';
import { endSessionsOf } from './sessions.js';
import type { State } from './state.js';

/** The description of an instance, without its place in history. */
export type NewService = Omit<ServiceRecord, 'CreateIndex' | 'ModifyIndex'>;

/** The description of a check, without its place in history. */
export type NewCheck = Omit<CheckRecord, 'CreateIndex' | 'ModifyIndex'>;

/** A proxy part that says nothing. */
export const NO_PROXY: ProxyRecord = { Mode: '', MeshGateway: {}, Expose: {} };

/** Puts the agent's own node, its serfHealth check and the service `consul` into an empty state. */
export function registerOwnNode(state: State): void {
  const node = state.nodeName;
  const lan = { lan: '127.0.0.1', lan_ipv4: '127.0.0.1', wan: '127.0.0.1', wan_ipv4: '127.0.0.1' };
  putNode(state, {
    ID: randomUUID(),
    Node: node,
    Address: '127.0.0.1',
    Datacenter: state.datacenter,
    TaggedAddresses: lan,
    Meta: { 'consul-network-segment': '', 'consul-version': '1.22.5' },
  });
  putService(state, describeService({ node, id: 'consul', name: 'consul', port: 8300, meta: {} }));
  putCheck(
    state,
    describeCheck({ node, id: 'serfHealth', name: 'Serf Health Status', status: 'passing', output: 'Agent alive and reachable' }),
  );
}

/** Writes a node of the catalog; the same again changes nothing. */
export function putNode(state: State, node: Omit<NodeRecord, 'CreateIndex' | 'ModifyIndex'>): void {
  const known = state.nodes.get(node.Node);
  if (known !== undefined && same(known, node)) return;
  const index = state.next('nodes');
  state.nodes.set(node.Node, { ...node, CreateIndex: known?.CreateIndex ?? index, ModifyIndex: index });
  for (const service of servicesOn(state, node.Node)) touch(state, service.Service, index);
  state.announce();
}

/** Writes an instance; the same again changes nothing. */
export function putService(state: State, service: NewService): void {
  const key = `${service.node}/${service.ID}`;
  const known = state.services.get(key);
  if (known !== undefined && same(known, service)) return;
  const index = state.next('services');
  state.services.set(key, { ...service, CreateIndex: known?.CreateIndex ?? index, ModifyIndex: index });
  if (known !== undefined) touch(state, known.Service, index);
  touch(state, service.Service, index);
  if (service.Proxy.DestinationServiceName !== undefined) state.assignVirtualAddress(service.Proxy.DestinationServiceName);
  state.announce();
}

/** Writes a check; the same again changes nothing. A node check that turns critical ends the sessions that depend on it. */
export function putCheck(state: State, check: NewCheck): void {
  const key = `${check.Node}/${check.CheckID}`;
  const known = state.checks.get(key);
  if (known !== undefined && same(known, check)) return;
  const index = state.next();
  state.checks.set(key, { ...check, CreateIndex: known?.CreateIndex ?? index, ModifyIndex: index });
  const concerned =
    check.ServiceID === '' ? servicesOn(state, check.Node).map((service) => service.Service) : [check.ServiceName];
  for (const name of concerned) touch(state, name, index);
  if (check.Status === 'critical') endSessionsOf(state, check.Node, check.CheckID);
  state.announce();
}

/** Removes an instance and its checks; unknown ones are no error. */
export function removeService(state: State, node: string, id: string): void {
  const known = state.services.get(`${node}/${id}`);
  if (known === undefined) return;
  const index = state.next('services');
  state.services.delete(`${node}/${id}`);
  for (const [key, check] of state.checks) if (check.Node === node && check.ServiceID === id) state.checks.delete(key);
  touch(state, known.Service, index);
  state.announce();
}

/** Removes a check; unknown ones are no error. */
export function removeCheck(state: State, node: string, id: string): void {
  const known = state.checks.get(`${node}/${id}`);
  if (known === undefined || !state.checks.delete(`${node}/${id}`)) return;
  const index = state.next();
  if (known.ServiceName !== '') touch(state, known.ServiceName, index);
  endSessionsOf(state, node, id);
  state.announce();
}

/** Removes a node with all that is on it, and ends its sessions. */
export function removeNode(state: State, node: string): void {
  if (!state.nodes.has(node)) return;
  for (const service of servicesOn(state, node)) removeService(state, node, service.ID);
  for (const [key, check] of state.checks) if (check.Node === node) state.checks.delete(key);
  state.nodes.delete(node);
  state.next('nodes');
  endSessionsOf(state, node);
  state.announce();
}

/** The instances of a service, sorted by node and id. */
export function instancesOf(state: State, name: string): ServiceRecord[] {
  return [...state.services.values()].filter((service) => service.Service === name).sort(byPlace);
}

/** The proxies through which the mesh reaches a service, sorted by node and id. */
export function proxiesOf(state: State, name: string): ServiceRecord[] {
  const all = [...state.services.values()];
  return all.filter((each) => each.Kind === 'connect-proxy' && each.Proxy.DestinationServiceName === name).sort(byPlace);
}

/** The checks that count for an instance: its node's and its own. */
export function checksOf(state: State, service: ServiceRecord): CheckRecord[] {
  const onNode = [...state.checks.values()].filter((check) => check.Node === service.node);
  const own = onNode.filter((check) => check.ServiceID === service.ID);
  return [...onNode.filter((check) => check.ServiceID === ''), ...own.sort((a, b) => (a.CheckID < b.CheckID ? -1 : 1))];
}

/** A full instance description from what a caller usually knows. */
export function describeService(given: {
  node: string;
  id: string;
  name: string;
  port: number;
  meta: Record<string, string> | null;
  address?: string;
  tags?: readonly string[];
  kind?: string;
  proxy?: ProxyRecord;
  weights?: { Passing: number; Warning: number };
  connect?: JsonObject;
}): NewService {
  return {
    node: given.node,
    ...(given.kind === undefined || given.kind === '' ? {} : { Kind: given.kind }),
    ID: given.id,
    Service: given.name,
    Tags: given.tags ?? [],
    Address: given.address ?? '',
    Meta: given.meta,
    Port: given.port,
    Weights: given.weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: given.proxy ?? NO_PROXY,
    Connect: given.connect ?? {},
  };
}

/** A full check description from what a caller usually knows; without `service` it is a check of the node. */
export function describeCheck(given: {
  node: string;
  id: string;
  name: string;
  status: CheckStatus;
  output?: string;
  notes?: string;
  type?: string;
  interval?: string;
  service?: NewService;
}): NewCheck {
  return {
    Node: given.node,
    CheckID: given.id,
    Name: given.name,
    Status: given.status,
    Notes: given.notes ?? '',
    Output: given.output ?? '',
    ServiceID: given.service?.ID ?? '',
    ServiceName: given.service?.Service ?? '',
    ServiceTags: given.service?.Tags ?? [],
    Type: given.type ?? '',
    Interval: given.interval ?? '',
    Timeout: '',
    ExposedPort: 0,
    Definition: {},
  };
}

function servicesOn(state: State, node: string): ServiceRecord[] {
  return [...state.services.values()].filter((service) => service.node === node);
}

function touch(state: State, name: string, index: number): void {
  state.serviceIndexes.set(name, index);
}

function same(known: object, given: object): boolean {
  const { CreateIndex, ModifyIndex, ...content } = known as Record<string, unknown>;
  return CreateIndex !== undefined && ModifyIndex !== undefined && JSON.stringify(content) === JSON.stringify(given);
}

function byPlace(a: ServiceRecord, b: ServiceRecord): number {
  return `${a.node}/${a.ID}` < `${b.node}/${b.ID}` ? -1 : 1;
}
