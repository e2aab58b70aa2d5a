import { type Fields, PROXY_FIELDS } from '../../core/filter-fields.js';

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
  ServiceProxy: { record: PROXY_FIELDS },
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
