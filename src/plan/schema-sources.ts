import { z } from 'zod';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { ARROW, duration } from './leaf.js';
import { bounds, common, FILLED, limits, making, PLAIN_SOURCES } from './schema-signals.js';

const text = () => z.string().min(1);
const query = (language: string) => text().describe(`${language} that gives one number; ${FILLED}`);
const url = (usual: string) => text().optional().describe(`Base address of the API; default ${usual}`);
const window = duration()
  .default(formatDuration(DEFAULTS.window))
  .describe('How far back to look for the newest complete point of the series');
const secretFile = (variable: string) => text().optional().describe(`File that holds the secret; default from ${variable}`);

const newrelic = z
  .strictObject({
    ...common,
    source: z.literal('newrelic').describe('One number from New Relic, by NRQL through NerdGraph'),
    nrql: query('NRQL'),
    account: z.int().min(1).optional().describe('Number of the account; default from NEW_RELIC_ACCOUNT_ID'),
    region: z.enum(['us', 'eu']).optional().describe('Region of the account; default from NEW_RELIC_REGION, then us'),
    url: url('https://api.newrelic.com, in eu https://api.eu.newrelic.com'),
    key_file: secretFile('NEW_RELIC_API_KEY'),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from New Relic' });

const datadog = z
  .strictObject({
    ...common,
    source: z.literal('datadog').describe('The newest point of a Datadog metrics query'),
    query: query('Metrics query'),
    window,
    site: text().optional().describe('Site of Datadog, like datadoghq.eu; default from DD_SITE, then datadoghq.com'),
    url: url('https://api. and the site'),
    api_key_file: secretFile('DD_API_KEY'),
    app_key_file: secretFile('DD_APP_KEY'),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from Datadog' });

const influxdb = z
  .strictObject({
    ...common,
    source: z.literal('influxdb').describe('One number from InfluxDB, by Flux or InfluxQL'),
    query: query('Flux, or InfluxQL with `database`,'),
    org: text().optional().describe('Organisation, for Flux; default from INFLUX_ORG'),
    database: text().optional().describe('Database, for InfluxQL; with it the query is InfluxQL'),
    url: url('from INFLUX_HOST'),
    token_file: secretFile('INFLUX_TOKEN'),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from InfluxDB' });

const graphite = z
  .strictObject({
    ...common,
    source: z.literal('graphite').describe('The newest point of a Graphite target'),
    query: query('Target'),
    window,
    url: url('from GRAPHITE_URL'),
    password_file: secretFile('GRAPHITE_PASSWORD').describe(
      'File of the password of GRAPHITE_USER; default from GRAPHITE_PASSWORD',
    ),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from Graphite' });

const metric = z
  .strictObject({
    namespace: text().describe('Namespace of the metric, like AWS/ApplicationELB'),
    metric: text().describe('Name of the metric'),
    stat: text().default('Average').describe('Statistic, like Sum, Average or p95'),
    dimensions: z.record(text(), text()).default({}).describe(`Dimensions of the metric; ${FILLED}`),
  })
  .describe('One metric of CloudWatch');

const metricId = z.string().regex(/^[a-z][A-Za-z0-9_]*$/, {
  error: `is no name that a query of CloudWatch takes${ARROW}begin with a lower case letter, like m1`,
});

const period = duration()
  .refine((value) => /^(?:\d+(?:m|h|d))+$/.test(value), {
    error: `is no period of whole minutes${ARROW}write it like 1m or 5m`,
  })
  .default(formatDuration(DEFAULTS.period))
  .describe('Width of one point, in whole minutes');

const cloudwatch = z
  .strictObject({
    ...common,
    source: z.literal('cloudwatch').describe('The newest point of a CloudWatch series'),
    query: query('Metric math over `metrics`, or Metrics Insights,').optional(),
    metrics: z.record(metricId, metric).default({}).describe('Metrics by the name that the query uses'),
    period,
    window,
    region: text().optional().describe('Region; default from AWS_REGION'),
    url: url("the region's own"),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from CloudWatch' });

/** One source of evidence, told apart by `source`. */
export const signalSchema = z.discriminatedUnion('source', [...PLAIN_SOURCES, newrelic, datadog, influxdb, graphite, cloudwatch]);

/** The names of all sources. */
export const SOURCES: readonly string[] = signalSchema.options.map((option) => option.shape.source.value);
