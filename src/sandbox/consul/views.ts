import { checksOf } from './catalog.js';
import { findIn } from './config.js';
import type { JsonObject, ServiceRecord } from './records.js';
import type { State } from './state.js';

/** An instance as the health endpoints show it; `central` merges proxy-defaults and service-defaults into its proxy's configuration. */
export function viewHealth(
  state: State,
  service: ServiceRecord,
  central: boolean,
): { readonly Checks: readonly { readonly Status: string }[] } {
  const { node, CreateIndex, ModifyIndex, ...content } = service;
  const shown = {
    ...content,
    Proxy: central ? mergeCentral(state, service) : service.Proxy,
    PeerName: '',
    CreateIndex,
    ModifyIndex,
  };
  return { Node: state.nodes.get(node), Service: shown, Checks: checksOf(state, service) } as {
    readonly Checks: readonly { readonly Status: string }[];
  };
}

/** An instance as the catalog shows it. */
export function viewCatalog(state: State, service: ServiceRecord, central: boolean): object {
  const node = state.nodes.get(service.node);
  return {
    ID: node?.ID,
    Node: service.node,
    Address: node?.Address,
    Datacenter: node?.Datacenter,
    TaggedAddresses: node?.TaggedAddresses,
    NodeMeta: node?.Meta,
    ServiceKind: service.Kind ?? '',
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags,
    ServiceAddress: service.Address,
    ...(service.TaggedAddresses === undefined ? {} : { ServiceTaggedAddresses: service.TaggedAddresses }),
    ServiceWeights: service.Weights,
    ServiceMeta: service.Meta,
    ServicePort: service.Port,
    ServicePorts: null,
    ServiceSocketPath: '',
    ServiceEnableTagOverride: service.EnableTagOverride,
    ServiceProxy: central ? mergeCentral(state, service) : service.Proxy,
    ServiceConnect: service.Connect,
    ServiceLocality: null,
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  };
}

function mergeCentral(state: State, service: ServiceRecord): object {
  if (!service.Kind) return service.Proxy;
  const find = findIn(state);
  const global = find('proxy-defaults', 'global');
  const mesh = (global?.Config ?? {}) as JsonObject;
  const defaults = find('service-defaults', service.Proxy.DestinationServiceName ?? '');
  const own = defaults?.Protocol;
  const mode = service.Kind === 'connect-proxy' ? defaults?.Mode || global?.Mode : undefined;
  const protocol: JsonObject = typeof own === 'string' && own !== '' ? { protocol: own } : {};
  const merged = { ...mesh, ...protocol, ...service.Proxy.Config };
  return {
    ...service.Proxy,
    ...(Object.keys(merged).length === 0 ? {} : { Config: merged }),
    ...(mode && !service.Proxy.Mode ? { Mode: mode } : {}),
  };
}
