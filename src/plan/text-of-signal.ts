import { DEFAULTS } from '../core/defaults.js';
import { exactDuration } from '../core/duration.js';
import type { Comparison, EnvoySignal, Signal } from '../core/plan.js';
import type { CloudwatchMetric, VendorQuery } from '../core/sources.js';
import { given } from './given.js';

type Text = Readonly<Record<string, unknown>>;
type NumberSignal = Exclude<Signal, { source: 'envoy' | 'consul' | 'http' | 'exec' }>;

/** A signal as it would be written, without what is the default. */
export function signalText(signal: Signal): Text {
  return { name: signal.name, source: signal.source, ...askedText(signal), ...(signal.dryRun === true ? { dry_run: true } : {}) };
}

/** A share as a percentage that is read back as exactly this number: 0.005 is `0.5%`. */
export function percentText(share: number): string | number {
  const near = [share * 100, share * 100 * (1 + Number.EPSILON), share * 100 * (1 - Number.EPSILON)];
  const written = Array.from({ length: 17 }, (_, i) => i + 1).flatMap((digits) => near.map((x) => Number(x.toPrecision(digits))));
  const exact = written.find((percent) => percent / 100 === share) ?? share * 100;
  return String(exact).includes('e') ? exact : `${exact}%`;
}

function askedText(signal: Signal): Text {
  switch (signal.source) {
    case 'envoy':
      return envoyText(signal);
    case 'consul':
      return { min_healthy: signal.minHealthy };
    case 'http':
      return {
        url: signal.url,
        ...(signal.method === 'GET' ? {} : { method: signal.method }),
        ...(signal.expect === undefined ? {} : { expect: signal.expect.length === 1 ? signal.expect[0] : signal.expect }),
        ...given('json', signal.json),
        ...given('token_file', signal.tokenFile),
        ...boundsText(signal),
        ...time('interval', signal.interval, DEFAULTS.probeInterval),
        ...time('timeout', signal.timeout, DEFAULTS.probeTimeout),
        ...limitsText(signal),
      };
    case 'exec':
      return {
        command: signal.command,
        ...boundsText(signal),
        ...time('interval', signal.interval, DEFAULTS.interval),
        ...time('timeout', signal.timeout, DEFAULTS.execTimeout),
        ...limitsText(signal),
      };
    case 'prometheus': {
      const { url, username, passwordFile, tokenFile, headers, query, preset, codes, window } = signal;
      return {
        ...given('url', url),
        ...given('username', username),
        ...given('password_file', passwordFile),
        ...given('token_file', tokenFile),
        ...given('headers', headers),
        ...given('query', query),
        ...given('preset', preset),
        ...(codes === undefined ? {} : { codes: codeValues(codes) }),
        ...given('window', window),
        ...numberText(signal),
      };
    }
    default:
      return { ...vendorText(signal), ...given('url', signal.url), ...numberText(signal) };
  }
}

function codeValues(codes: readonly string[]): readonly (string | number)[] {
  return codes.map((code) => (code.endsWith('xx') ? code : Number(code)));
}

function envoyText({ metric, codes, over, max, margin }: EnvoySignal): Text {
  const counted = codes === undefined ? { metric } : { codes: codeValues(codes) };
  const limit = margin === undefined ? { max: percentText(max ?? 0) } : { compare: 'stable', margin: percentText(margin) };
  return { ...counted, ...time('over', over), ...limit };
}

function vendorText(signal: VendorQuery): Text {
  switch (signal.source) {
    case 'newrelic':
      return {
        nrql: signal.query,
        ...given('account', signal.account),
        ...given('region', signal.region),
        ...given('key_file', signal.keyFile),
      };
    case 'datadog':
      return {
        query: signal.query,
        ...time('window', signal.window, DEFAULTS.window),
        ...given('site', signal.site),
        ...given('api_key_file', signal.apiKeyFile),
        ...given('app_key_file', signal.appKeyFile),
      };
    case 'influxdb':
      return {
        query: signal.query,
        ...given('org', signal.org),
        ...given('database', signal.database),
        ...given('token_file', signal.tokenFile),
      };
    case 'graphite':
      return {
        query: signal.query,
        ...time('window', signal.window, DEFAULTS.window),
        ...given('password_file', signal.passwordFile),
      };
    case 'cloudwatch':
      return {
        ...given('query', signal.query),
        ...(signal.metrics.length === 0 ? {} : { metrics: Object.fromEntries(signal.metrics.map(metricText)) }),
        ...time('period', signal.period, DEFAULTS.period),
        ...time('window', signal.window, DEFAULTS.window),
        ...given('region', signal.region),
      };
  }
}

function metricText({ id, namespace, metric, stat, dimensions }: CloudwatchMetric): readonly [string, Text] {
  const of = Object.keys(dimensions).length === 0 ? {} : { dimensions };
  return [id, { namespace, metric, ...(stat === 'Average' ? {} : { stat }), ...of }];
}

function numberText(signal: NumberSignal): Text {
  return {
    ...given('reduce', signal.reduce),
    ...comparisonText(signal.compare),
    ...boundsText(signal),
    ...time('interval', signal.interval, DEFAULTS.interval),
    ...time('timeout', signal.timeout),
    ...limitsText(signal),
  };
}

function comparisonText(compare: Comparison | undefined): Text {
  if (compare === undefined) return {};
  return { compare: 'stable', margin: compare.margin, ...(compare.worse === 'higher' ? {} : { worse: compare.worse }) };
}

function boundsText({ max, min }: { readonly max?: number; readonly min?: number }): Text {
  return { ...given('max', max), ...given('min', min) };
}

function limitsText(signal: Exclude<Signal, { source: 'envoy' | 'consul' }>): Text {
  const { failureLimit, consecutive, errorLimit, inconclusiveLimit = DEFAULTS.inconclusiveLimit } = signal;
  return {
    ...(failureLimit === DEFAULTS.failureLimit ? {} : { failure_limit: failureLimit }),
    ...given('consecutive', consecutive),
    ...(errorLimit === DEFAULTS.errorLimit ? {} : { error_limit: errorLimit }),
    ...(inconclusiveLimit === DEFAULTS.inconclusiveLimit ? {} : { inconclusive_limit: inconclusiveLimit }),
  };
}

function time(key: string, ms: number | undefined, usual?: number): Text {
  return ms === undefined || ms === usual ? {} : { [key]: exactDuration(ms) };
}
