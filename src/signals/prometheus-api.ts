import { readFile } from 'node:fs/promises';

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** An answer of the HTTP API as it came. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Posts one call of Prometheus' HTTP API; rejects when nothing answers in `timeout` ms. */
export async function ask(
  url: URL,
  form: Readonly<Record<string, string>>,
  token: string | undefined,
  abort: AbortSignal,
  timeout: number,
): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    // Prometheus does not redirect queries; a login page in front of it does.
    redirect: 'manual',
    signal: AbortSignal.any([abort, AbortSignal.timeout(timeout)]),
  });
  return { status: response.status, body: await response.text() };
}

/** The address of one API under a server's base address; `from` says where that was written, for the error. */
export function apiAddress(base: string, from: string, api: string): URL | Error {
  if (!URL.canParse(base) || !/^https?:/i.test(base))
    return new Error(`${from} is no http or https address; write it like http://127.0.0.1:9090`);
  const url = new URL(base);
  if (url.username !== '' || url.password !== '')
    return new Error(`${from} holds a user or password; take it out and set PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${api}`;
  return url;
}

/** The token of PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE; undefined without either, an error (never showing it) when it cannot be used. */
export async function findToken(env: Env): Promise<string | undefined | Error> {
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
