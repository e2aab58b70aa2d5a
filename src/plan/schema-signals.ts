import { z } from 'zod';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { parseJsonPath } from '../core/json-path.js';
import { REDUCTIONS } from '../core/reduce.js';
import { ARROW, duration, share } from './leaf.js';
import { commandSchema } from './schema-programs.js';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: `is no signal name${ARROW}use 1 to 63 letters, digits, - or _` })
  .describe('Name of the signal, unique in the plan');

const dry_run = z
  .boolean()
  .default(false)
  .describe('Measured, judged, shown and logged, but it neither reverts nor holds anything');

/** What may stand in a query. */
export const FILLED =
  '{{service}}, {{canary}}, {{stable}}, {{canary_version}} and {{stable_version}} are filled in, and {{subset}}, {{subset_version}} where both are compared';

/** What every signal may say. */
export const common = { name, dry_run };

const count = (least: number) => z.int().min(least);

/** What every signal of single numbers may say about failures. */
export const limits = {
  failure_limit: count(0).default(DEFAULTS.failureLimit).describe('More failed measurements than this, in all, fail the signal'),
  consecutive: count(1)
    .optional()
    .describe('This many failed measurements in a row fail the signal, whatever failure_limit says'),
  error_limit: count(0)
    .default(DEFAULTS.errorLimit)
    .describe('More errors in a row than this, and the signal counts as not measurable'),
  inconclusive_limit: count(0)
    .default(DEFAULTS.inconclusiveLimit)
    .describe('Through so many measurements in a row without a number the last verdict stands; more are no data'),
};

const reduce = z.enum(REDUCTIONS).optional().describe('Makes one number of several series; without it they are an error');

/** How one number is made of what a query gives, and whether it is compared. */
export const making = {
  reduce,
  compare: z.literal('stable').optional().describe('Compare with the stable subset instead of holding to `max` or `min`'),
  margin: z
    .number()
    .min(0)
    .optional()
    .describe('With compare: by how much canary may be worse than stable, in the unit of the number'),
  worse: z.enum(['higher', 'lower']).optional().describe('With compare: which numbers are the worse ones; default higher'),
};

/** The bounds of a number, and how it is asked for. */
export const bounds = {
  max: z.number().optional().describe('The number must not be greater'),
  min: z.number().optional().describe('The number must not be smaller'),
  interval: duration().default(formatDuration(DEFAULTS.interval)).describe('Time between two measurements'),
  timeout: duration().optional().describe('An answer that takes longer is an error; default 5s'),
};

const NO_CODE = `is no HTTP code${ARROW}write a code like 429 or a class like 4xx, or a list like [401, 4xx]`;

const single = z.int({ error: NO_CODE }).min(100, { error: NO_CODE }).max(599, { error: NO_CODE });
const written = z.string({ error: NO_CODE }).regex(/^[1-5](?:xx|[0-9][0-9])$/, { error: NO_CODE });

const codes = () =>
  z.union([single, written, z.array(z.union([single, written], { error: NO_CODE })).min(1, { error: NO_CODE })], {
    error: NO_CODE,
  });

const envoy = z
  .strictObject({
    ...common,
    source: z.literal('envoy').describe("The callers' own sidecars, which count every request"),
    metric: z
      .enum(['errors', 'latency', 'unanswered'])
      .optional()
      .describe(
        "errors: answers of class 5xx (of gRPC: statuses that are the server's fault); latency: answers slower than `over`; unanswered: requests whose callers gave up before any answer. A plan that watches errors and not unanswered gets unanswered with compare: stable and a margin of 1%",
      ),
    codes: codes()
      .optional()
      .describe(
        'Instead of `metric`: the HTTP codes that are bad, single ones and classes, like [4xx] or [401, 429]. Of a gRPC service these are the codes of HTTP, which is 200 for most failed calls too',
      ),
    over: duration().optional().describe('For latency: an answer that takes longer than this is a slow one'),
    max: share().optional().describe('Percentage of requests that may be bad, like 0.5%'),
    compare: z.literal('stable').optional().describe('Judge against the stable subset instead of against `max`'),
    margin: share().optional().describe('With compare: percentage points by which canary may be worse than stable'),
  })
  .meta({ title: 'Requests as the sidecars of the callers count them' });

const prometheus = z
  .strictObject({
    ...common,
    source: z.literal('prometheus').describe('One number from a Prometheus server'),
    url: z.string().optional().describe('Address of the server; default from PROMETHEUS_URL'),
    username: z.string().min(1).optional().describe('Who asks, by a password; default from PROMETHEUS_USER'),
    password_file: z
      .string()
      .min(1)
      .optional()
      .describe('File of the password; default from PROMETHEUS_PASSWORD, where the server is the one in PROMETHEUS_URL'),
    token_file: z
      .string()
      .min(1)
      .optional()
      .describe('File of a token, sent as Bearer; default from PROMETHEUS_TOKEN, where the server is the one in PROMETHEUS_URL'),
    headers: z
      .record(
        z.string().regex(/^[A-Za-z0-9-]+$/, { error: `is no name of a header${ARROW}write it like X-Scope-OrgID` }),
        z.union([z.string().min(1), z.strictObject({ file: z.string().min(1).describe('File of the value') })], {
          error: `is no value of a header${ARROW}write it as text in quotes, or { file: /path/to/file }`,
        }),
      )
      .optional()
      .describe('Further headers, like X-Scope-OrgID; a value that is a secret stands in a `file`'),
    query: z.string().min(1).optional().describe(`PromQL that gives one number; ${FILLED}`),
    preset: z
      .enum(['error-ratio', 'unanswered-ratio', 'code-ratio', 'p50', 'p95', 'p99', 'request-rate', 'no-healthy-host'])
      .optional()
      .describe(
        'A ready-made query over the Envoy series of the callers: sidecars, gateways and callers of other names, as far as the server scrapes them. What no scraped caller sent, the `envoy` source alone counts by the instances',
      ),
    codes: codes()
      .optional()
      .describe('For code-ratio: the HTTP codes that are bad, single ones and classes, like [4xx] or [401, 429]'),
    window: z
      .string()
      .regex(/^(?:\d+(?:ms|[smhdwy]))+$/, { error: `is no window of PromQL${ARROW}write it like 30s, 1m or 5m` })
      .optional()
      .describe(`Window of a preset, like 1m; default ${DEFAULTS.presetWindow}`),
    ...making,
    ...bounds,
    ...limits,
  })
  .meta({ title: 'A number from Prometheus' });

const http = z
  .strictObject({
    ...common,
    source: z.literal('http').describe('A probe of an HTTP address, or a number from its answer'),
    url: z.string().describe('Address to ask; {{service}}, {{canary}} and {{stable}} are filled in'),
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET').describe('HTTP method of the probe'),
    interval: duration().default(formatDuration(DEFAULTS.probeInterval)).describe('Time between two probes'),
    timeout: duration().default(formatDuration(DEFAULTS.probeTimeout)).describe('An answer that takes longer is a failure'),
    expect: z
      .union([z.int().min(100).max(599), z.array(z.int().min(100).max(599)).min(1)], {
        error: `is no HTTP status${ARROW}write a status like 200, or a list like [200, 204]`,
      })
      .optional()
      .describe('Status, or list of statuses, that passes; default any 2xx'),
    json: z
      .string()
      .refine((text) => parseJsonPath(text) !== undefined, {
        error: `is no path in JSON${ARROW}write it like $.data.value or data.0.value`,
      })
      .optional()
      .describe('Path of one number in a JSON answer, like $.data.value; it is judged by max and min'),
    max: bounds.max,
    min: bounds.min,
    token_file: z.string().min(1).optional().describe('File of a token, sent as Authorization: Bearer'),
    ...limits,
  })
  .meta({ title: 'An HTTP probe, or a number from a JSON answer' });

const consul = z
  .strictObject({
    ...common,
    source: z.literal('consul').describe("Consul's own health checks"),
    min_healthy: count(1).describe('Least number of ready canary instances'),
  })
  .meta({ title: 'Passing instances in Consul' });

const exec = z
  .strictObject({
    ...common,
    source: z.literal('exec').describe('A program of your own, started without a shell'),
    command: commandSchema,
    max: z
      .number()
      .optional()
      .describe('The number that its last line is must not be greater; without max and min, exit 0 passes'),
    min: z.number().optional().describe('The number that its last line is must not be smaller'),
    interval: duration().default(formatDuration(DEFAULTS.interval)).describe('Time between two runs'),
    timeout: duration()
      .default(formatDuration(DEFAULTS.execTimeout))
      .describe('It is ended when it takes longer, and has failed'),
    ...limits,
  })
  .meta({ title: 'A program of your own' });

/** The sources that belong to no vendor. */
export const PLAIN_SOURCES = [envoy, prometheus, http, exec, consul] as const;
