/** Where and how long to ask: `url` replaces the usual base address; `timeout` in ms, default 5 s. */
interface Asked {
  readonly url?: string;
  readonly timeout?: number;
}

/** One number by NRQL; the account defaults to NEW_RELIC_ACCOUNT_ID, the region to NEW_RELIC_REGION, then us. */
export interface NewRelicQuery extends Asked {
  readonly source: 'newrelic';
  readonly query: string;
  readonly account?: number;
  readonly region?: 'us' | 'eu';
  /** File of the user key; default from NEW_RELIC_API_KEY. */
  readonly keyFile?: string;
}

/** The newest complete point of one Datadog series within the last `window` ms; the site defaults to DD_SITE. */
export interface DatadogQuery extends Asked {
  readonly source: 'datadog';
  readonly query: string;
  readonly window: number;
  readonly site?: string;
  readonly apiKeyFile?: string;
  readonly appKeyFile?: string;
}

/** One number by Flux, or by InfluxQL where `database` is given; the organisation defaults to INFLUX_ORG, the address to INFLUX_HOST. */
export interface InfluxdbQuery extends Asked {
  readonly source: 'influxdb';
  readonly query: string;
  readonly org?: string;
  readonly database?: string;
  readonly tokenFile?: string;
}

/** The newest complete point of one Graphite series within the last `window` ms; the address defaults to GRAPHITE_URL. */
export interface GraphiteQuery extends Asked {
  readonly source: 'graphite';
  readonly query: string;
  readonly window: number;
  readonly passwordFile?: string;
}

/** One metric of CloudWatch that a query names by `id`. */
export interface CloudwatchMetric {
  readonly id: string;
  readonly namespace: string;
  readonly metric: string;
  readonly stat: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The newest complete period of one CloudWatch series: of `query` (metric math or Metrics Insights), or without one of the only metric. */
export interface CloudwatchQuery extends Asked {
  readonly source: 'cloudwatch';
  readonly query?: string;
  readonly metrics: readonly CloudwatchMetric[];
  /** Width of a point, ms. */
  readonly period: number;
  readonly window: number;
  /** Default from AWS_REGION. */
  readonly region?: string;
}

/** The vendors' APIs that are asked for one number at a time. */
export type VendorQuery = NewRelicQuery | DatadogQuery | InfluxdbQuery | GraphiteQuery | CloudwatchQuery;
