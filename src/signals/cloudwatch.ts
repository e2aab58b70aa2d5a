import { AwsV4Signer } from 'aws4fetch';
import { fillPlaceholders, type Named } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import { type Env, findSecret, needSecret } from '../net/secret.js';
import { findAddress } from './address.js';
import { readJson } from './answer.js';
import { askForNumber } from './ask.js';
import { cloudwatchAnswer } from './cloudwatch-answer.js';
import type { Measured } from './measured.js';
import type { Asking, Of } from './vendor.js';

type CloudwatchSignal = Of<VendorSignal, 'cloudwatch'>;

/**
 * The newest complete period of one series of GetMetricData, in the JSON protocol.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export function measureCloudwatch(signal: CloudwatchSignal, { target, env, now, abort }: Asking): Promise<Measured> {
  const prepare = async () => {
    const region = signal.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
    if (!region) throw new Error(`no region of CloudWatch; set AWS_REGION, or "region" of the signal ${signal.name}`);
    if (!/^[a-z0-9-]+$/.test(region)) throw new Error('the region of CloudWatch is no name of one; write it like eu-west-1');
    const usual = `https://monitoring.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
    const { url, keeps } = findAddress({ who: 'CloudWatch', signal, env, variable: endpointOf(env), usual, isOwn }, '/');
    const credentials = await findCredentials(env, keeps);
    const body = JSON.stringify(requestOf(signal, target, now));
    const request = { method: 'POST', url: url.href, headers: HEADERS, body, service: 'monitoring', region };
    const { headers } = await new AwsV4Signer({ ...request, ...credentials }).sign();
    return {
      who: 'CloudWatch',
      url,
      method: 'POST',
      headers: Object.fromEntries(headers),
      body,
      secrets: Object.values(credentials),
      timeout: signal.timeout,
      read: readJson(cloudwatchAnswer(signal, now)),
    };
  };
  return askForNumber(describe(signal, target), prepare, abort);
}

const HEADERS = {
  'content-type': 'application/json',
  'content-encoding': 'amz-1.0',
  accept: 'application/json',
  'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
};

/** The variables of AWS's own tools for another endpoint. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointOf(env: Env): string {
  return env.AWS_ENDPOINT_URL_CLOUDWATCH ? 'AWS_ENDPOINT_URL_CLOUDWATCH' : 'AWS_ENDPOINT_URL';
}

function isOwn({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /^[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(hostname);
}

async function findCredentials(env: Env, keeps: string | undefined) {
  const token = await findSecret(env, { variable: 'AWS_SESSION_TOKEN', keeps });
  return {
    accessKeyId: await needSecret(env, { variable: 'AWS_ACCESS_KEY_ID', keeps }, 'CloudWatch'),
    secretAccessKey: await needSecret(env, { variable: 'AWS_SECRET_ACCESS_KEY', keeps }, 'CloudWatch'),
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

/** Whole periods only: the end is the last one that is over, so no period is asked for that still fills. */
function requestOf({ query, metrics, period, window }: CloudwatchSignal, target: Named, now: number): object {
  const end = Math.floor(now / period) * period;
  const Period = period / 1_000;
  const queries = metrics.map(({ id, namespace, metric, stat, dimensions }) => {
    const Dimensions = Object.entries(dimensions).map(([Name, value]) => ({ Name, Value: fillPlaceholders(value, target) }));
    const Metric = { Namespace: namespace, MetricName: metric, Dimensions };
    return { Id: id, MetricStat: { Metric, Period, Stat: stat }, ReturnData: query === undefined };
  });
  const asked =
    query === undefined ? [] : [{ Id: 'splitter', Expression: fillPlaceholders(query, target), Period, ReturnData: true }];
  return {
    MetricDataQueries: [...queries, ...asked],
    StartTime: (end - Math.max(period, window)) / 1_000,
    EndTime: end / 1_000,
    ScanBy: 'TimestampDescending',
  };
}

/** The query as a person would look it up. */
function describe({ query, metrics }: CloudwatchSignal, target: Named): string {
  const named = metrics.map(({ id, namespace, metric, stat, dimensions }) => {
    const given = Object.entries(dimensions).map(([name, value]) => `${name}=${fillPlaceholders(value, target)}`);
    return `${id} = ${stat} of ${namespace} ${metric}${given.length === 0 ? '' : ` {${given.join(', ')}}`}`;
  });
  return [...(query === undefined ? [] : [fillPlaceholders(query, target)]), ...named].join('; ');
}
