import { type Env, findSecret } from '../net/secret.js';
import type { Request } from './ask.js';

/** Prepares calls of one of Prometheus' APIs, with the token of PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE. Throws a sentence when that cannot be used. */
export async function openPrometheus(url: URL, env: Env): Promise<(form: Readonly<Record<string, string>>) => Request> {
  const token = await findSecret(env, { variable: 'PROMETHEUS_TOKEN' });
  return (form) => ({
    who: 'Prometheus',
    url,
    method: 'POST',
    body: new URLSearchParams(form),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    secrets: token === undefined ? [] : [token],
  });
}
