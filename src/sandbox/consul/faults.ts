import { json, type Reply } from './call.js';
import { Failure } from './failure.js';

/** What a token may do: `write` all, `read` only, or `none`. */
export type Grant = 'write' | 'read' | 'none';

/** Troubles that tests and people switch on and off while the sandbox runs. */
export interface Faults {
  /** No quorum: 500 `No cluster leader`, and status/leader is empty. `?stale` reads still answer. */
  leaderless: boolean;
  /** Milliseconds before every answer. */
  latencyMs: number;
  /** Tokens that exist and what each may do; the empty one is the anonymous token. Absent: no ACLs at all. */
  tokens?: Readonly<Record<string, Grant>>;
}

/** Why this token may not make this request, in Consul's words; undefined when it may. */
export function describeDenial(faults: Faults, token: string, method: string, path: string, body: string): string | undefined {
  if (faults.tokens === undefined || /^\/v1\/(status|catalog\/datacenters)|^\/sandbox\//.test(path)) return undefined;
  const grant = faults.tokens[token] ?? (token === '' ? 'none' : undefined);
  if (grant === undefined) return 'ACL not found';
  const action = method === 'GET' ? 'read' : 'write';
  if (grant === 'write' || (grant === 'read' && action === 'read')) return undefined;
  const permission = describePermission(path, action, body);
  if (token !== '') {
    return `Permission denied: token with AccessorID '${accessor(token)}' lacks permission ${permission}`;
  }
  return (
    `Permission denied: anonymous token lacks permission ${permission}. ` +
    'The anonymous token is used implicitly when a request does not specify a token.'
  );
}

function describePermission(path: string, action: 'read' | 'write', body: string): string {
  const [, , family, ...rest] = path.split('/');
  if (family === 'kv') return `'key:${action}' on "${decodeURIComponent(rest.join('/'))}"`;
  if (family === 'session') return `'session:${action}' on "sandbox"`;
  if (family === 'agent' && rest[0] === 'self') return `'agent:read' on "sandbox"`;
  const named = /"name"\s*:\s*"([^"]*)"/i.exec(body)?.[1] ?? rest.at(-1) ?? '';
  return `'service:${action}' on "${decodeURIComponent(named)}"`;
}

/** What `/v1/acl/token/self` says of a token. */
export function describeToken({ tokens }: Faults, token: string): Reply {
  if (tokens === undefined) throw new Failure(401, 'ACL support disabled');
  if (token === '' || tokens[token] === undefined) throw new Failure(403, 'token does not exist: ACL not found');
  return json({ AccessorID: accessor(token), Description: `may ${tokens[token]}` });
}

/** What `/v1/internal/acl/authorize` says of a token: each question again, with whether it is allowed. */
export function describeAccess({ tokens }: Faults, token: string, body: string): Reply {
  if (tokens === undefined) throw new Failure(401, 'ACL support disabled');
  const grant = tokens[token] ?? (token === '' ? 'none' : undefined);
  if (grant === undefined) throw new Failure(403, 'ACL not found');
  const asked = JSON.parse(body) as readonly { readonly Access: string }[];
  return json(asked.map((one) => ({ ...one, Allow: grant === 'write' || (grant === 'read' && one.Access === 'read') })));
}

/** A stable made-up accessor, so that a message names the same token twice alike and never shows the secret. */
function accessor(token: string): string {
  let sum = 7;
  for (const letter of token) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return `00000000-0000-4000-8000-${sum.toString(16).padStart(12, '0')}`;
}
