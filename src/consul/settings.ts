import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsulError, NO_TOKEN } from './errors.js';

/** Where and how to reach Consul, as flags gave it; what is missing comes from the environment, then from Consul's own defaults. */
export interface ConsulFlags {
  readonly httpAddr?: string;
  /** Where the address was written, for messages, when it was no flag. */
  readonly httpAddrFrom?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly tlsServerName?: string;
  readonly datacenter?: string;
  readonly namespace?: string;
  readonly partition?: string;
}

/** Everything a connection needs, resolved. The token never leaves this object but in a header. */
export interface ConsulSettings {
  /** `http://host:port/prefix`, `https://…`, or `unix:///path`. */
  readonly address: string;
  /** Where the address came from, for messages. */
  readonly addressFrom: string;
  readonly socketPath?: string;
  readonly token?: string;
  readonly tokenFrom: string;
  readonly basicAuth?: string;
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly datacenter?: string;
  readonly namespace?: string;
  readonly partition?: string;
}

/** Resolves flags and environment the way Consul's own tools do (flag > environment > default; CONSUL_HTTP_TOKEN_FILE beats CONSUL_HTTP_TOKEN). */
export function resolveSettings(flags: ConsulFlags, env: Readonly<Record<string, string | undefined>>): ConsulSettings {
  const given = (flag: string | undefined, name: string): string | undefined =>
    flag ?? (env[name] === '' ? undefined : env[name]);
  const raw = given(flags.httpAddr, 'CONSUL_HTTP_ADDR');
  const ssl = parseBool(env.CONSUL_HTTP_SSL);
  const { address, socketPath, login } = parseAddress(raw ?? '127.0.0.1:8500', ssl === true);
  const [token, tokenFrom] = findToken(flags, env);
  const tls = address.startsWith('https:') ? tlsOptions(flags, env, given) : undefined;
  const optional = {
    socketPath,
    token,
    basicAuth: env.CONSUL_HTTP_AUTH || login,
    tls,
    datacenter: flags.datacenter,
    namespace: given(flags.namespace, 'CONSUL_NAMESPACE'),
    partition: given(flags.partition, 'CONSUL_PARTITION'),
  };
  return {
    address,
    addressFrom:
      flags.httpAddr !== undefined
        ? (flags.httpAddrFrom ?? '-http-addr')
        : raw !== undefined
          ? 'CONSUL_HTTP_ADDR'
          : "Consul's default",
    tokenFrom,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
  };
}

/** User and password in an address become the login, so that no message that names the address shows them. */
function parseAddress(raw: string, ssl: boolean): { address: string; socketPath?: string; login?: string } {
  if (raw.startsWith('unix://')) return { address: 'http://localhost', socketPath: raw.slice('unix://'.length) };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(raw)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw new ConsulError(
      'usage',
      `"${raw}" has a scheme that Consul does not speak: ${scheme}`,
      'use host:port, http://…, https://… or unix:///path',
    );
  }
  const text = scheme === undefined ? `${ssl ? 'https' : 'http'}://${raw}` : ssl ? raw.replace(/^http:/i, 'https:') : raw;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConsulError('usage', `"${raw}" is not an address`, 'use host:port, http://…, https://… or unix:///path');
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const address = url.href.replace(/\/+$/, '');
  return username === '' ? { address } : { address, login: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
}

function findToken(flags: ConsulFlags, env: Readonly<Record<string, string | undefined>>): readonly [string | undefined, string] {
  const read = (file: string, from: string) => [checkToken(readFileOf(file, 'token file'), from), from] as const;
  if (flags.tokenFile !== undefined) return read(flags.tokenFile, `the file ${flags.tokenFile}`);
  if (flags.token !== undefined) return [checkToken(flags.token, '-token'), '-token'];
  if (env.CONSUL_HTTP_TOKEN_FILE) return read(env.CONSUL_HTTP_TOKEN_FILE, 'CONSUL_HTTP_TOKEN_FILE');
  if (env.CONSUL_HTTP_TOKEN) return [checkToken(env.CONSUL_HTTP_TOKEN, 'CONSUL_HTTP_TOKEN'), 'CONSUL_HTTP_TOKEN'];
  return [undefined, `${NO_TOKEN}: no token was given`];
}

/** The token, if it can be one: nothing else may go into a header, and an empty file is no wish to do without. */
function checkToken(token: string, from: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const wrong = token === '' ? 'is empty' : 'holds characters that no token has';
  throw new ConsulError(
    'usage',
    `the token from ${from} ${wrong}`,
    'look at it: one word, like the SecretID of consul acl token create',
  );
}

function tlsOptions(
  flags: ConsulFlags,
  env: Readonly<Record<string, string | undefined>>,
  given: (flag: string | undefined, name: string) => string | undefined,
): Readonly<Record<string, unknown>> {
  const caFile = given(flags.caFile, 'CONSUL_CACERT');
  const caPath = given(flags.caPath, 'CONSUL_CAPATH');
  const cert = given(flags.clientCert, 'CONSUL_CLIENT_CERT');
  const key = given(flags.clientKey, 'CONSUL_CLIENT_KEY');
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConsulError(
      'usage',
      'a client certificate needs its key, and the key its certificate',
      'set both CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY',
    );
  }
  const serverName = given(flags.tlsServerName, 'CONSUL_TLS_SERVER_NAME');
  return {
    ...(caFile !== undefined ? { ca: readFileOf(caFile, 'CA file') } : caPath !== undefined ? { ca: readFolder(caPath) } : {}),
    ...(cert !== undefined && key !== undefined
      ? { cert: readFileOf(cert, 'client certificate'), key: readFileOf(key, 'client key') }
      : {}),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: parseBool(env.CONSUL_HTTP_SSL_VERIFY) !== false,
  };
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path)
      .filter((name) => /\.(pem|crt|cer)$/.test(name))
      .map((name) => readFileOf(join(path, name), 'CA file'));
  } catch (error) {
    throw new ConsulError('usage', `the CA folder ${path} cannot be read: ${(error as Error).message}`, 'check CONSUL_CAPATH');
  }
}

function readFileOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConsulError('usage', `the ${what} ${path} cannot be read: ${(error as Error).message}`, 'check the path');
  }
}

/** What Go's strconv.ParseBool takes. */
function parseBool(text: string | undefined): boolean | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new ConsulError(
    'usage',
    `"${text}" is neither true nor false`,
    'write true or false in CONSUL_HTTP_SSL and CONSUL_HTTP_SSL_VERIFY',
  );
}
