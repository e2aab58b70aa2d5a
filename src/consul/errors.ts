import { parsePermission, policyLine } from '../core/permission.js';

/** What went wrong with Consul, in classes that a caller can act on. `unknown-outcome`: a write that may have been applied. */
export type ConsulErrorCode =
  | 'unreachable'
  | 'tls'
  | 'no-leader'
  | 'denied'
  | 'limited'
  | 'rejected'
  | 'unknown-outcome'
  | 'aborted'
  | 'usage';

/** An error of Consul as a sentence for people, with what to type next. Never holds a token. */
export class ConsulError extends Error {
  readonly code: ConsulErrorCode;
  readonly hint: string;
  /** Another policy of the token would help. */
  readonly lacksPermission: boolean;

  constructor(code: ConsulErrorCode, message: string, hint: string, lacksPermission = false) {
    super(message);
    this.name = 'ConsulError';
    this.code = code;
    this.hint = hint;
    this.lacksPermission = lacksPermission;
  }
}

/** Where a token comes from that nobody gave; what follows says more. */
export const NO_TOKEN = 'nowhere';

/** Whether trying the same read again later can help. */
export function isPassing(error: unknown): boolean {
  return error instanceof ConsulError && ['unreachable', 'no-leader', 'limited', 'unknown-outcome'].includes(error.code);
}

const NO_LEADER =
  /No cluster leader|No known Consul servers|Raft leader not found|leadership (lost|transfer)|failed to get conn|lead thread didn't get connection|not the leader|server is shutting down/i;
/** The server that was asked on the caller's behalf went away before it answered, in the words of Go's net package and of yamux. */
const CUT_OFF =
  /leadership lost|rpc error making call: EOF|unexpected EOF|session shutdown|stream (closed|reset)|broken pipe|connection reset|use of closed network connection|i\/o (timeout|deadline)|(keepalive|connection write) timeout/i;

/** The class of an answer that is not 2xx (classified by text: Consul answers 500 for nearly everything). */
export function errorOfAnswer(
  status: number,
  text: string,
  about: { readonly what: string; readonly write: boolean; readonly tokenFrom: string },
): ConsulError {
  const said = text.trim().replace(/^rpc error making call: /, '');
  if (about.write && CUT_OFF.test(text))
    return new ConsulError(
      'unknown-outcome',
      `Consul lost its leader while ${about.what}: ${said}`,
      'splitter status shows what is stored',
    );
  if (status >= 500 && (NO_LEADER.test(text) || CUT_OFF.test(text)))
    return new ConsulError(
      'no-leader',
      `Consul has no leader, so it cannot answer (${about.what}: ${said})`,
      'consul operator raft list-peers',
    );
  if (status === 403 || status === 401) {
    const unknown = /ACL not found/.test(text);
    const why = unknown ? 'Consul does not know this token' : `this token may not do that: ${said}`;
    const lacks = parsePermission(said);
    return new ConsulError(
      'denied',
      `${why} (${about.what}; token from ${about.tokenFrom})`,
      unknown
        ? `look at ${about.tokenFrom}, or ask for another token`
        : sayLacking(lacks === undefined ? [] : [policyLine(lacks)], about.tokenFrom),
      !unknown,
    );
  }
  if (status === 429 || (status === 503 && /rate limit/i.test(text)))
    return new ConsulError('limited', `Consul limits requests (${about.what}: ${said})`, 'try again in a few seconds');
  // A proxy or a balancer in front of Consul got no answer from it; what it writes is a page, and no word of Consul's.
  if ((status === 502 || status === 504) && about.write)
    return new ConsulError(
      'unknown-outcome',
      `what stands before Consul got no answer from it while ${about.what} (HTTP ${status})`,
      'splitter status shows what is stored',
    );
  if (status === 502 || status === 504)
    return new ConsulError(
      'unreachable',
      `what stands before Consul gets no answer from it (${about.what}: HTTP ${status})`,
      'try again in a few seconds',
    );
  if (status === 503)
    return new ConsulError('unreachable', `Consul is not available (${about.what}: ${said})`, 'try again in a few seconds');
  if (status === 400 && /HTTP request to an HTTPS server/.test(text))
    return new ConsulError('tls', 'Consul speaks https at this address', 'write https:// in CONSUL_HTTP_ADDR');
  // A session belongs to the node of the agent that is asked, which another datacenter does not know.
  if (/Missing node registration/.test(text))
    return new ConsulError(
      'rejected',
      `a lock needs an agent of the datacenter that is asked for, and the one at this address is not in it (${about.what}, ${status}: ${said})`,
      'set CONSUL_HTTP_ADDR (or -http-addr) to an agent of that datacenter',
    );
  return new ConsulError(
    'rejected',
    `Consul refused (${about.what}, ${status}): ${said || 'no reason given'}`,
    'splitter doctor',
  );
}

/** What to do about missing permissions, by the lines that a policy needs for them. */
export function sayLacking(lines: readonly string[], tokenFrom: string): string {
  if (tokenFrom.startsWith(NO_TOKEN)) return 'give a token: --token-file FILE, or CONSUL_HTTP_TOKEN_FILE';
  if (lines.length === 0) return 'ask for a token with the permission that is named';
  return `its policy lacks${lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n       ${line}`).join('')}`;
}

/** What low-level codes mean, in words. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  ENOENT: 'there is no such socket',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a known authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a known authority',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a client certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https',
  EPROTO: 'it does not speak https, or wants a client certificate',
};

/** A request of these codes was never sent. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'];

/** The class of a request that got no whole answer. A write whose connection broke may have been applied. */
export function errorOfRequest(
  error: NodeJS.ErrnoException & { isTimeout?: boolean; isAbort?: boolean },
  about: { readonly what: string; readonly write: boolean; readonly address: string; readonly addressFrom: string },
): ConsulError {
  if (error.isAbort === true) return new ConsulError('aborted', `${about.what}: given up`, '');
  const where = `${about.address} (from ${about.addressFrom})`;
  const code = error.code ?? '';
  const why =
    error.isTimeout === true ? 'no answer in time' : (CODES[code] ?? error.message.replace(`consul: ${about.what}: `, '').trim());
  if (/CERT|SSL|TLS|UNABLE_TO_VERIFY|EPROTO/.test(code)) {
    const hint = 'check the scheme, CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_TLS_SERVER_NAME';
    return new ConsulError('tls', `no secure connection to Consul at ${where}: ${why}`, hint);
  }
  if (about.write && !NOT_SENT.includes(code)) {
    const message = `the connection to Consul at ${where} broke while ${about.what}: ${why}`;
    return new ConsulError('unknown-outcome', message, 'splitter status shows what is stored');
  }
  const hint = 'is it running? set CONSUL_HTTP_ADDR or -http-addr';
  return new ConsulError('unreachable', `Consul does not answer at ${where}: ${why}`, hint);
}
