import type { Field, Shape } from './config-shape.js';

const META: Shape = { map: 'string' };
const HEADERS: Shape = { fields: { Add: { map: 'string' }, Set: { map: 'string' }, Remove: { list: 'string' } } };
const EXTENSIONS: Shape = { list: 'any' };

const COMMON_PROXY: Readonly<Record<string, Field>> = {
  Mode: 'string',
  TransparentProxy: [{ fields: { OutboundListenerPort: 'integer', DialedDirectly: 'boolean' } }, {}],
  MutualTLSMode: 'string',
  MeshGateway: [{ fields: { Mode: 'string' } }, {}],
  Expose: [{ fields: { Checks: 'boolean', Paths: { list: 'any' } } }, {}],
  EnvoyExtensions: EXTENSIONS,
};

const FAILOVER: Shape = {
  fields: {
    Service: 'string',
    ServiceSubset: 'string',
    Namespace: 'string',
    Datacenters: { list: 'string' },
    Targets: {
      list: {
        fields: {
          Service: 'string',
          ServiceSubset: 'string',
          Partition: 'string',
          Namespace: 'string',
          Datacenter: 'string',
          Peer: 'string',
        },
      },
    },
    Policy: { fields: { Mode: 'string', Regions: { list: 'string' } } },
    SamenessGroup: 'string',
  },
};

const LOAD_BALANCER: Shape = {
  fields: {
    Policy: 'string',
    RingHashConfig: { fields: { MinimumRingSize: 'integer', MaximumRingSize: 'integer' } },
    LeastRequestConfig: { fields: { ChoiceCount: 'integer' } },
    HashPolicies: {
      list: {
        fields: {
          Field: 'string',
          FieldValue: 'string',
          CookieConfig: { fields: { Session: 'boolean', TTL: 'duration', Path: 'string' } },
          SourceIP: 'boolean',
          Terminal: 'boolean',
        },
      },
    },
  },
};

const REDIRECT: Shape = {
  fields: {
    Service: 'string',
    ServiceSubset: 'string',
    Namespace: 'string',
    Partition: 'string',
    Datacenter: 'string',
    Peer: 'string',
    SamenessGroup: 'string',
  },
};

const HEADER_MATCH: Shape = {
  fields: {
    Name: 'string',
    Present: 'boolean',
    Exact: 'string',
    Prefix: 'string',
    Suffix: 'string',
    Contains: 'string',
    Regex: 'string',
    Invert: 'boolean',
    IgnoreCase: 'boolean',
  },
};

const HTTP_MATCH: Shape = {
  fields: {
    PathExact: 'string',
    PathPrefix: 'string',
    PathRegex: 'string',
    CaseInsensitive: 'boolean',
    Header: { list: HEADER_MATCH },
    QueryParam: { list: { fields: { Name: 'string', Present: 'boolean', Exact: 'string', Regex: 'string' } } },
    Methods: { list: 'string' },
  },
};

const DESTINATION: Shape = {
  fields: {
    Service: 'string',
    ServiceSubset: 'string',
    Namespace: 'string',
    Partition: 'string',
    PrefixRewrite: 'string',
    RequestTimeout: 'duration',
    IdleTimeout: 'duration',
    NumRetries: 'integer',
    RetryOnConnectFailure: 'boolean',
    RetryOn: { list: 'string' },
    RetryOnStatusCodes: { list: 'integer' },
    RequestHeaders: HEADERS,
    ResponseHeaders: HEADERS,
  },
};

/** The kinds that the sandbox can hold, each with the fields that Consul 1.22 knows. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  'service-defaults': entry({
    Protocol: ['string', ''],
    ...COMMON_PROXY,
    ExternalSNI: 'string',
    UpstreamConfig: 'any',
    Destination: 'any',
    MaxInboundConnections: 'integer',
    LocalConnectTimeoutMs: 'integer',
    LocalRequestTimeoutMs: 'integer',
    BalanceInboundConnections: 'string',
    RateLimits: 'any',
  }),
  'proxy-defaults': entry({
    Config: { map: 'any' },
    ...COMMON_PROXY,
    AccessLogs: [
      {
        fields: {
          Enabled: 'boolean',
          DisableListenerLogs: 'boolean',
          Type: 'string',
          Path: 'string',
          JSONFormat: 'string',
          TextFormat: 'string',
        },
      },
      {},
    ],
    FailoverPolicy: { fields: { Mode: 'string', Regions: { list: 'string' } } },
    PrioritizeByLocality: { fields: { Mode: 'string' } },
  }),
  'service-resolver': entry({
    DefaultSubset: 'string',
    Subsets: { map: { fields: { Filter: 'string', OnlyPassing: 'boolean' } } },
    Redirect: REDIRECT,
    Failover: { map: FAILOVER },
    ConnectTimeout: 'duration',
    RequestTimeout: 'duration',
    LoadBalancer: LOAD_BALANCER,
    PrioritizeByLocality: { fields: { Mode: 'string' } },
  }),
  'service-splitter': entry({
    Splits: [
      {
        list: {
          fields: {
            Weight: ['number', 0],
            Service: 'string',
            ServiceSubset: 'string',
            Namespace: 'string',
            Partition: 'string',
            RequestHeaders: HEADERS,
            ResponseHeaders: HEADERS,
          },
        },
      },
      [],
    ],
  }),
  'service-router': entry({
    Routes: [{ list: { fields: { Match: { fields: { HTTP: HTTP_MATCH } }, Destination: DESTINATION } } }, []],
  }),
};

/** Kinds that exist in Consul, but of which the sandbox never holds any. */
export const EMPTY_KINDS: ReadonlySet<string> = new Set([
  'ingress-gateway',
  'terminating-gateway',
  'service-intentions',
  'mesh',
  'exported-services',
  'api-gateway',
  'bound-api-gateway',
  'inline-certificate',
  'file-system-certificate',
  'http-route',
  'tcp-route',
  'sameness-group',
  'jwt-provider',
]);

function entry(fields: Readonly<Record<string, Field>>): Shape {
  return { fields: { Kind: ['string', ''], Name: ['string', ''], ...fields, Meta: META } };
}
