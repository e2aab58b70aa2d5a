import type { Fields } from './filter.js';

const CHECK: Fields = {
  Node: 'text',
  CheckID: 'text',
  Name: 'text',
  Status: 'text',
  Notes: 'text',
  Output: 'text',
  ServiceID: 'text',
  ServiceName: 'text',
  ServiceTags: 'texts',
  Type: 'text',
};

const PROXY: Fields = {
  DestinationServiceName: 'text',
  DestinationServiceID: 'text',
  LocalServiceAddress: 'text',
  LocalServicePort: 'integer',
  Mode: 'text',
};

/** What /v1/health/service and /v1/health/connect can filter on. */
export const HEALTH_FIELDS: Fields = {
  Node: { record: { ID: 'text', Node: 'text', Address: 'text', Datacenter: 'text', Meta: 'map', TaggedAddresses: 'map' } },
  Service: {
    record: {
      Kind: 'text',
      ID: 'text',
      Service: 'text',
      Tags: 'texts',
      Address: 'text',
      Meta: 'map',
      Port: 'integer',
      Weights: { record: { Passing: 'integer', Warning: 'integer' } },
      EnableTagOverride: 'boolean',
      Proxy: { record: PROXY },
      PeerName: 'text',
    },
  },
  Checks: { rows: CHECK },
};

/** What /v1/health/checks can filter on. */
export const CHECK_FIELDS: Fields = CHECK;

/** What /v1/catalog/service/:name and /v1/catalog/services can filter on. */
export const CATALOG_FIELDS: Fields = {
  ID: 'text',
  Node: 'text',
  Address: 'text',
  Datacenter: 'text',
  NodeMeta: 'map',
  TaggedAddresses: 'map',
  ServiceKind: 'text',
  ServiceID: 'text',
  ServiceName: 'text',
  ServiceTags: 'texts',
  ServiceAddress: 'text',
  ServiceMeta: 'map',
  ServicePort: 'integer',
  ServiceProxy: { record: PROXY },
};

/** What /v1/config/service-defaults can filter on. */
export const ENTRY_FIELDS: Fields = {
  Kind: 'text',
  Name: 'text',
  Protocol: 'text',
  Mode: 'text',
  ExternalSNI: 'text',
  Meta: 'map',
};
