import type { PrometheusSignal } from '../core/plan.js';
import type { Measurement } from '../core/verdict.js';
import type { Measured } from './measured.js';
import { sayNetworkFailure } from './network-failure.js';
import { parsePromAnswer } from './prometheus-answer.js';
import { apiAddress, ask, type Env, findToken } from './prometheus-api.js';
import { type PromTarget, promQuery } from './prometheus-presets.js';

const TIMEOUT = 5_000;
const RAW_LENGTH = 300;

/** Asks Prometheus one instant query. The token (PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE) appears in nothing that is returned. */
export async function measurePrometheus(
  signal: PrometheusSignal,
  target: PromTarget,
  env: Env,
  abort: AbortSignal,
): Promise<Measured> {
  const query = promQuery(signal, target) ?? '';
  const failed = (why: string): Measured => ({ query, raw: '', measurement: { kind: 'error', why } });
  if (query === '') return failed(`${signal.name} has neither a query nor a preset; write one of them`);
  const url = queryAddress(signal, env);
  if (url instanceof Error) return failed(url.message);
  const token = await findToken(env);
  if (token instanceof Error) return failed(token.message);
  const hide = (text: string): string => (token === undefined ? text : text.replaceAll(token, '***'));
  try {
    const { status, body } = await ask(url, { query }, token, abort, TIMEOUT);
    const measurement = parsePromAnswer(status, body);
    return {
      query,
      raw: hide(body.trim()).slice(0, RAW_LENGTH),
      measurement: 'why' in measurement ? { ...measurement, why: hide(measurement.why) } : measurement,
    };
  } catch (error) {
    return { query, raw: '', measurement: failureOf(error, url, hide, abort) };
  }
}

function failureOf(error: unknown, url: URL, hide: (text: string) => string, abort: AbortSignal): Measurement {
  if (abort.aborted) return { kind: 'none', why: 'given up' };
  return { kind: 'error', why: `Prometheus at ${url.origin} cannot be asked: ${hide(sayNetworkFailure(error, TIMEOUT))}` };
}

function queryAddress(signal: PrometheusSignal, env: Env): URL | Error {
  const from = signal.url === undefined ? 'PROMETHEUS_URL' : `the url of ${signal.name}`;
  const base = signal.url ?? env.PROMETHEUS_URL;
  if (!base)
    return new Error(
      `no address of Prometheus; set PROMETHEUS_URL, for example http://127.0.0.1:9090, or "url" of the signal ${signal.name}`,
    );
  return apiAddress(base, from, 'query');
}
