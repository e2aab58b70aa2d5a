import type { VendorQuery } from '../core/sources.js';
import { given, ms } from './given.js';
import type { PlanText } from './schema.js';

type VendorText = Extract<PlanText['signals'][number], { source: VendorQuery['source'] }>;

/** What is asked of a vendor, in normal form; how it is judged stands beside it. */
export function toVendorQuery(signal: VendorText): VendorQuery {
  const asked = { ...given('url', signal.url), ...(signal.timeout === undefined ? {} : { timeout: ms(signal.timeout) }) };
  switch (signal.source) {
    case 'newrelic': {
      const account = { ...given('account', signal.account), ...given('region', signal.region) };
      return { source: signal.source, query: signal.nrql, ...account, ...given('keyFile', signal.key_file), ...asked };
    }
    case 'datadog': {
      const { source, query, window } = signal;
      const files = { ...given('apiKeyFile', signal.api_key_file), ...given('appKeyFile', signal.app_key_file) };
      return { source, query, window: ms(window), ...given('site', signal.site), ...files, ...asked };
    }
    case 'influxdb': {
      const of = { ...given('org', signal.org), ...given('database', signal.database) };
      return { source: signal.source, query: signal.query, ...of, ...given('tokenFile', signal.token_file), ...asked };
    }
    case 'graphite': {
      const { source, query, window } = signal;
      return { source, query, window: ms(window), ...given('passwordFile', signal.password_file), ...asked };
    }
    case 'cloudwatch': {
      const { source, period, window } = signal;
      const metrics = Object.entries(signal.metrics).map(([id, metric]) => ({ id, ...metric }));
      const of = { ...given('query', signal.query), ...given('region', signal.region) };
      return { source, ...of, metrics, period: ms(period), window: ms(window), ...asked };
    }
  }
}
