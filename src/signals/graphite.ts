import { z } from 'zod';
import { fillPlaceholders } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import { type Env, needSecret, type Secret, sayKept } from '../net/secret.js';
import { findAddress } from './address.js';
import { type JsonAnswer, readJson, reduceSeries, withKept } from './answer.js';
import { askForNumber } from './ask.js';
import { lastPoint } from './last-point.js';
import type { Measured } from './measured.js';
import type { Asking, Of } from './vendor.js';

type GraphiteSignal = Of<VendorSignal, 'graphite'>;

/** The newest complete point of one target. https://graphite.readthedocs.io/en/latest/render_api.html */
export function measureGraphite(signal: GraphiteSignal, { target, env, now, abort }: Asking): Promise<Measured> {
  const query = fillPlaceholders(signal.query, target);
  const prepare = async () => {
    const { url, keeps } = findAddress({ who: 'Graphite', signal, env, variable: 'GRAPHITE_URL' }, '/render');
    url.searchParams.set('target', query);
    url.searchParams.set('from', `-${Math.ceil(signal.window / 1_000)}s`);
    url.searchParams.set('until', 'now');
    url.searchParams.set('format', 'json');
    const secret = { variable: 'GRAPHITE_PASSWORD', file: { key: 'password_file', path: signal.passwordFile }, keeps };
    const login = await findLogin(env, secret);
    return {
      who: 'Graphite',
      url,
      headers: login === undefined ? {} : { authorization: `Basic ${login.basic}` },
      secrets: login === undefined ? [] : [login.password, login.basic],
      timeout: signal.timeout,
      read: readJson(withKept(answerOf(signal, now), sayKept(env, secret))),
    };
  };
  return askForNumber(query, prepare, abort);
}

async function findLogin(env: Env, secret: Secret): Promise<{ password: string; basic: string } | undefined> {
  const user = env.GRAPHITE_USER;
  if (!user || sayKept(env, secret) !== undefined) return undefined;
  const password = await needSecret(env, secret, 'Graphite');
  return { password, basic: Buffer.from(`${user}:${password}`).toString('base64') };
}

const shape = z.array(z.object({ datapoints: z.array(z.tuple([z.number().nullable(), z.number()])) }));
const hint = 'set GRAPHITE_USER and GRAPHITE_PASSWORD, or check them';

function answerOf({ window, reduce }: GraphiteSignal, now: number): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'Graphite',
    hints: { 401: hint, 403: hint },
    said: () => undefined,
    shape,
    read(series) {
      const numbers = series.map(({ datapoints }) => {
        const points = datapoints.map(([value, seconds]) => ({ at: seconds * 1_000, value }));
        const [first, second] = points;
        return lastPoint(points, { window, now, width: first && second ? second.at - first.at : undefined });
      });
      return reduceSeries(numbers, reduce, 'make it one, for example with sumSeries(…)');
    },
  };
}
