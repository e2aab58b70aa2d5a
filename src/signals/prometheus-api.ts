import type { PrometheusSignal } from '../core/plan.js';
import { type Env, findSecret, needSecret, ONE_LINE, readSecret, type Secret, sayKept } from '../net/secret.js';
import type { Address } from './address.js';
import type { Request } from './ask.js';

/** What the value of a header may be: `Bearer …` has a space. */
const HEADER = /^[\x20-\x7e]+$/;

/** How a signal says who asks; what it leaves open comes from the environment, where that is for the same address. */
export type PrometheusLogin = Pick<PrometheusSignal, 'username' | 'passwordFile' | 'tokenFile' | 'headers'>;

/** Calls of one of Prometheus' APIs. `kept`: why a secret that there is was not sent. */
export interface PrometheusApi {
  readonly call: (form: Readonly<Record<string, string>>) => Request;
  readonly kept: string | undefined;
}

/**
 * Prepares calls with a token (PROMETHEUS_TOKEN), or a user and a password (PROMETHEUS_USER, PROMETHEUS_PASSWORD), and further headers. What the
 * environment holds goes to the address that it was given for, and nowhere else. Throws a sentence when a secret cannot be used.
 */
export async function openPrometheus({ url, keeps }: Address, login: PrometheusLogin, env: Env): Promise<PrometheusApi> {
  const token: Secret = { variable: 'PROMETHEUS_TOKEN', file: { key: 'token_file', path: login.tokenFile }, keeps };
  const password: Secret = {
    ...{ variable: 'PROMETHEUS_PASSWORD', file: { key: 'password_file', path: login.passwordFile }, keeps },
    form: ONE_LINE,
  };
  const user =
    login.username ?? (keeps === undefined && login.tokenFile === undefined ? env.PROMETHEUS_USER || undefined : undefined);
  const bearer = login.username === undefined ? await findSecret(env, token) : undefined;
  if (user !== undefined && bearer !== undefined)
    throw new Error('PROMETHEUS_TOKEN and PROMETHEUS_USER are both set, and one request says only one of them; unset one');
  const auth = user === undefined ? bearerAuth(bearer) : basicAuth(user, await needSecret(env, password, 'Prometheus'));
  const further = await readHeaders(login.headers ?? {});
  return {
    kept: sayKept(env, token) ?? sayKept(env, password),
    call: (form) => ({
      who: 'Prometheus',
      url,
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { ...further.headers, ...auth.headers },
      secrets: [...auth.secrets, ...further.secrets],
    }),
  };
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

function bearerAuth(token: string | undefined): Sent {
  if (token === undefined) return { headers: {}, secrets: [] };
  return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
}

/** RFC 7617, with user and password in UTF-8. */
function basicAuth(user: string, password: string): Sent {
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  return { headers: { authorization: `Basic ${basic}` }, secrets: [basic, password] };
}

async function readHeaders(headers: NonNullable<PrometheusLogin['headers']>): Promise<Sent> {
  const sent: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') sent[name] = value;
    else {
      sent[name] = await readSecret(value.file, `the file of the header ${name}`, HEADER);
      secrets.push(sent[name]);
    }
  }
  return { headers: sent, secrets };
}
