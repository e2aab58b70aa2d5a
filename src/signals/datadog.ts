import { z } from 'zod';
import { fillPlaceholders } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import { needSecret } from '../net/secret.js';
import { findAddress } from './address.js';
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
    const usual = `https://api.${signal.site ?? (env.DD_SITE || 'datadoghq.com')}`;
    const url = findAddress({ who: 'Datadog', signal, env, usual }, '/api/v1/query');
    const seconds = Math.floor(now / 1_000);
    url.searchParams.set('from', String(seconds - Math.ceil(signal.window / 1_000)));
    url.searchParams.set('to', String(seconds));
    url.searchParams.set('query', query);
    const file = (key: string, path: string | undefined) => ({ key, path });
    const api = await needSecret(env, { variable: 'DD_API_KEY', file: file('api_key_file', signal.apiKeyFile) }, 'Datadog');
    const app = await needSecret(env, { variable: 'DD_APP_KEY', file: file('app_key_file', signal.appKeyFile) }, 'Datadog');
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
