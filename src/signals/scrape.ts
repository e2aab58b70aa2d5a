import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { get as getSecure, Agent as SecureAgent } from 'node:https';
import type { MetricsAccess, MetricsTls } from '../core/metrics-access.js';
import { UselessPage } from './useless-page.js';

/** How long a sidecar may take to answer, ms. */
const TIMEOUT = 1_000;
const LARGEST = 32 * 1024 * 1024;

/** How long certificates are taken as they were read, ms: they are changed while this runs. */
const CERTIFICATES_KEPT = 60_000;

/** Reads metrics pages, plain or over TLS, over at most so many connections to one address. */
export class Scraper {
  readonly #connections: number;
  readonly #plain: Agent;
  readonly #secure = new Map<string, { readonly agent: SecureAgent; readonly at: number }>();

  constructor(connections: number) {
    this.#connections = connections;
    this.#plain = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** The text of the page at host:port that this query asks for. Throws a short sentence when it is not answered with 200 within a second. */
  async read(address: string, query: string, { path = '/metrics', tls }: MetricsAccess = {}): Promise<string> {
    const url = `${tls === undefined ? 'http' : 'https'}://${address}${path}${query}`;
    const agent = tls === undefined ? this.#plain : this.#secured(tls);
    try {
      return await request(url, agent);
    } catch (error) {
      // The other side may close an idle connection just as it is used again; that says nothing about the sidecar.
      if ((error as { stale?: boolean }).stale === true) return request(url, agent);
      throw error;
    }
  }

  /** Lets go of its connections. */
  close(): void {
    this.#plain.destroy();
    for (const { agent } of this.#secure.values()) agent.destroy();
  }

  #secured(tls: MetricsTls): SecureAgent {
    const key = JSON.stringify(tls);
    const known = this.#secure.get(key);
    if (known !== undefined && performance.now() - known.at < CERTIFICATES_KEPT) return known.agent;
    const agent = new SecureAgent({ keepAlive: true, maxSockets: this.#connections, ...optionsOf(tls) });
    this.#secure.set(key, { agent, at: performance.now() });
    known?.agent.destroy();
    return agent;
  }
}

/** Throws a sentence where a file cannot be read. */
function optionsOf({ caFile, certFile, keyFile, serverName }: MetricsTls) {
  const file = (key: string, path: string | undefined) => (path === undefined ? {} : { [key]: readPem(path) });
  return {
    ...file('ca', caFile),
    ...file('cert', certFile),
    ...file('key', keyFile),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function request(url: string, agent: Agent | SecureAgent): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = agent instanceof SecureAgent ? getSecure : get;
    const call = ask(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > LARGEST) call.destroy(new Error('the metrics page is larger than 32 MiB'));
      });
      response.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(error.code === 'ECONNRESET' ? new UselessPage('the page is cut off') : error);
      });
      response.on('end', () => {
        clearTimeout(timer);
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
    });
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${TIMEOUT / 1_000} s`)), TIMEOUT);
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const stale = call.reusedSocket && error.code === 'ECONNRESET';
      reject(Object.assign(new Error(sayFailure(error)), { stale }));
    };
    call.on('error', fail);
  });
}

const CERTIFICATES: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a known authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by a known authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a known authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by a known authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a client certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  EPROTO: 'it does not speak TLS, or wants a client certificate',
};

function sayFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (/CERT|ALTNAME|SELF_SIGNED|UNABLE_TO|ERR_(?:SSL|TLS)|EPROTO/.test(error.code ?? ''))
    return `no secure connection: ${CERTIFICATES[error.code ?? ''] ?? error.code}; look at "metrics: { tls: … }" of the plan`;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the host name cannot be resolved';
  return error.message;
}
