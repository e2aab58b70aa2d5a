import { readFile } from 'node:fs/promises';
import type { PrometheusSignal } from '../core/plan.js';
import type { Measurement } from '../core/verdict.js';
import type { Measured } from './measured.js';
import { sayNetworkFailure } from './network-failure.js';
import { pairUp } from './pair-up.js';
import { parsePromAnswer } from './prometheus-answer.js';
import { type PromTarget, promQuery } from './prometheus-presets.js';

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT = 5_000;
const RAW_LENGTH = 300;

/**
 * Asks Prometheus one instant query, or, to compare, the same one about both subsets at once. The token (PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE)
 * appears in nothing that is returned.
 */
export async function measurePrometheus(
  signal: PrometheusSignal,
  target: PromTarget,
  env: Env,
  abort: AbortSignal,
): Promise<Measured> {
  if (signal.compare === undefined) return measureSubset(signal, target, target.canary, env, abort);
  const sides = [target.canary, target.stable].map((subset) => measureSubset(signal, target, subset, env, abort));
  const [canary, stable] = (await Promise.all(sides)) as [Measured, Measured];
  return pairUp(canary, stable);
}

async function measureSubset(
  signal: PrometheusSignal,
  target: PromTarget,
  subset: string,
  env: Env,
  abort: AbortSignal,
): Promise<Measured> {
  const query = promQuery(signal, target, subset) ?? '';
  const failed = (why: string): Measured => ({ query, raw: '', measurement: { kind: 'error', why } });
  if (query === '') return failed(`${signal.name} has neither a query nor a preset; write one of them`);
  const url = queryAddress(signal, env);
  if (url instanceof Error) return failed(url.message);
  const token = await findToken(env);
  if (token instanceof Error) return failed(token.message);
  const hide = (text: string): string => (token === undefined ? text : text.replaceAll(token, '***'));
  try {
    const { status, body } = await ask(url, query, token, abort);
    const measurement = parsePromAnswer(status, body, signal.reduce);
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

async function ask(
  url: URL,
  query: string,
  token: string | undefined,
  abort: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ query }),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    // Prometheus does not redirect queries; a login page in front of it does.
    redirect: 'manual',
    signal: AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT)]),
  });
  return { status: response.status, body: await response.text() };
}

function queryAddress(signal: PrometheusSignal, env: Env): URL | Error {
  const from = signal.url === undefined ? 'PROMETHEUS_URL' : `the url of ${signal.name}`;
  const base = signal.url ?? env.PROMETHEUS_URL;
  if (!base)
    return new Error(
      `no address of Prometheus; set PROMETHEUS_URL, for example http://127.0.0.1:9090, or "url" of the signal ${signal.name}`,
    );
  if (!URL.canParse(base) || !/^https?:/i.test(base))
    return new Error(`${from} is no http or https address; write it like http://127.0.0.1:9090`);
  const url = new URL(base);
  if (url.username !== '' || url.password !== '')
    return new Error(`${from} holds a user or password; take it out and set PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
  return url;
}

async function findToken(env: Env): Promise<string | undefined | Error> {
  const { PROMETHEUS_TOKEN: own, PROMETHEUS_TOKEN_FILE: file } = env;
  if (!own && !file) return undefined;
  try {
    const token = (own || (await readFile(file as string, 'utf8'))).trim();
    const name = own ? 'PROMETHEUS_TOKEN' : 'PROMETHEUS_TOKEN_FILE';
    return /^[\x21-\x7e]+$/.test(token) ? token : new Error(`${name} is empty or holds characters that no token has`);
  } catch (error) {
    return new Error(
      `PROMETHEUS_TOKEN_FILE cannot be read (${(error as NodeJS.ErrnoException).code}); check its path and rights`,
    );
  }
}
