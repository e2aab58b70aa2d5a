import { z } from 'zod';
import { fillPlaceholders } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import { type Env, needSecret } from '../net/secret.js';
import { type Address, findAddress } from './address.js';
import { type JsonAnswer, readJson, reduceSeries } from './answer.js';
import { askForNumber } from './ask.js';
import { lastPoint } from './last-point.js';
import type { Measured } from './measured.js';
import type { Asking, Of } from './vendor.js';

type DatadogSignal = Of<VendorSignal, 'datadog'>;

/** The newest complete point of a metrics query. https://docs.datadoghq.com/api/latest/metrics/query-timeseries-points/ (v1) */
export function measureDatadog(signal: DatadogSignal, { target, env, now, abort }: Asking): Promise<Measured> {
  const query = fillPlaceholders(signal.query, target);
  const prepare = async () => {
    const { url, keeps } = addressOf(signal, env);
    const seconds = Math.floor(now / 1_000);
    url.searchParams.set('from', String(seconds - Math.ceil(signal.window / 1_000)));
    url.searchParams.set('to', String(seconds));
    url.searchParams.set('query', query);
    const need = (variable: string, key: string, path: string | undefined): Promise<string> =>
      needSecret(env, { variable, file: { key, path }, keeps }, 'Datadog');
    const api = await need('DD_API_KEY', 'api_key_file', signal.apiKeyFile);
    const app = await need('DD_APP_KEY', 'app_key_file', signal.appKeyFile);
    return {
      who: 'Datadog',
      url,
      headers: { 'dd-api-key': api, 'dd-application-key': app, accept: 'application/json' },
      secrets: [api, app],
      timeout: signal.timeout,
      read: readJson(answerOf(signal, now)),
    };
  };
  return askForNumber(query, prepare, abort);
}

/** A `site` of the plan is an address that the plan names. */
function addressOf({ name, url, site }: DatadogSignal, env: Env): Address {
  const usual = `https://api.${env.DD_SITE || 'datadoghq.com'}`;
  const named = url ?? (site === undefined ? undefined : `https://api.${site}`);
  const signal = { name, ...(named === undefined ? {} : { url: named }) };
  const isOwn = ({ protocol, hostname }: URL): boolean => protocol === 'https:' && OWN.test(hostname);
  return findAddress({ who: 'Datadog', signal, env, variable: 'DD_API_URL', usual, isOwn }, '/api/v1/query');
}

/** Datadog's sites. https://docs.datadoghq.com/getting_started/site/ */
const OWN = /^api\.(?:(?:[a-z]{2}\d\.)?datadoghq\.com|datadoghq\.eu|ddog-gov\.com)$/;

const shape = z.object({
  series: z.array(
    z.object({ interval: z.number().optional(), pointlist: z.array(z.tuple([z.number(), z.number().nullable()])) }),
  ),
});
const refused = z.object({ error: z.string().optional(), errors: z.array(z.string()).optional() });
const hint = 'check DD_API_KEY, DD_APP_KEY (it needs timeseries_query) and that DD_SITE is theirs';

function answerOf({ window, reduce }: DatadogSignal, now: number): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'Datadog',
    hints: { 401: hint, 403: hint },
    said(answer) {
      const { error, errors = [] } = refused.safeParse(answer).data ?? {};
      return error || errors.join('; ');
    },
    shape,
    read({ series }) {
      const numbers = series.map(({ pointlist, interval }) => {
        const points = pointlist.map(([at, value]) => ({ at, value }));
        return lastPoint(points, { window, now, width: interval === undefined ? undefined : interval * 1_000 });
      });
      return reduceSeries(numbers, reduce, 'make it one, for example with sum:… and without by {…}');
    },
  };
}
