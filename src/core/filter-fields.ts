/** What a selector of a filter may reach. `map`: any key, its value a text; `texts`: a list of texts; `rows`: a list of records; `values`: a map of records. */
export type Field =
  | 'text'
  | 'integer'
  | 'boolean'
  | 'map'
  | 'texts'
  | { readonly rows: Fields }
  | { readonly values: Fields }
  | { readonly record: Fields };

/** The fields of a record that may be filtered, case-sensitive. */
export type Fields = Readonly<Record<string, Field>>;

const GATEWAY: Field = { record: { Mode: 'text' } };

/** Of one check, as /v1/health/checks filters it too. */
export const CHECK_FIELDS: Fields = {
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
  Interval: 'text',
  Timeout: 'text',
  ExposedPort: 'integer',
  PeerName: 'text',
};

const UPSTREAM: Fields = {
  DestinationType: 'text',
  DestinationNamespace: 'text',
  DestinationPartition: 'text',
  DestinationPeer: 'text',
  DestinationName: 'text',
  Datacenter: 'text',
  LocalBindAddress: 'text',
  LocalBindPort: 'integer',
  LocalBindSocketPath: 'text',
  LocalBindSocketMode: 'text',
  MeshGateway: GATEWAY,
};

/** Of the proxy part of a registration. */
export const PROXY_FIELDS: Fields = {
  EnvoyExtensions: { rows: { Name: 'text', Required: 'boolean', ConsulVersion: 'text', EnvoyVersion: 'text' } },
  DestinationServiceName: 'text',
  DestinationServiceID: 'text',
  LocalServiceAddress: 'text',
  LocalServicePort: 'integer',
  LocalServiceSocketPath: 'text',
  Mode: 'text',
  Upstreams: { rows: UPSTREAM },
  MeshGateway: GATEWAY,
  Expose: {
    record: {
      Checks: 'boolean',
      Paths: {
        rows: { ListenerPort: 'integer', Path: 'text', LocalPathPort: 'integer', Protocol: 'text', ParsedFromCheck: 'boolean' },
      },
    },
  },
  TransparentProxy: { record: { OutboundListenerPort: 'integer', DialedDirectly: 'boolean' } },
  AccessLogs: {
    record: {
      Enabled: 'boolean',
      DisableListenerLogs: 'boolean',
      Type: 'text',
      Path: 'text',
      JSONFormat: 'text',
      TextFormat: 'text',
    },
  },
};

/** What the filter of a subset can ask of an instance: that of /v1/health/service and /v1/health/connect of Consul 1.22, held against it by the contract suite. */
export const HEALTH_FIELDS: Fields = {
  Service: {
    record: {
      Kind: 'text',
      ID: 'text',
      Service: 'text',
      Tags: 'texts',
      Address: 'text',
      TaggedAddresses: { values: { Address: 'text', Port: 'integer' } },
      Meta: 'map',
      Port: 'integer',
      SocketPath: 'text',
      Weights: { record: { Passing: 'integer', Warning: 'integer' } },
      EnableTagOverride: 'boolean',
      Proxy: { record: PROXY_FIELDS },
      Connect: { record: { Native: 'boolean' } },
      PeerName: 'text',
    },
  },
  Node: {
    record: {
      ID: 'text',
      Node: 'text',
      Address: 'text',
      Datacenter: 'text',
      Partition: 'text',
      PeerName: 'text',
      TaggedAddresses: 'map',
      Meta: 'map',
    },
  },
  Checks: { rows: CHECK_FIELDS },
};
