import type { Context, MiddlewareHandler } from 'hono';
import { harmless } from '../../view/style.js';
import type { Identity } from './identity.js';
import { socketOf } from './node-env.js';
import { problem } from './problem.js';
import type { Self } from './schemas.js';

/** Who may do what here, beyond what Consul says. */
export interface AccessRules {
  /** Reading, too, takes a token that Consul knows. */
  readonly readAuth: boolean;
  /** Actions without a token (and with any, where Consul has no ACLs) are passed on: Consul takes them or not. */
  readonly anonymousActions: boolean;
}

/** In whose name an action is done, and with which token. */
export interface Actor {
  readonly by: string;
  readonly token: string | undefined;
}

const TOKEN_NEXT = 'send your Consul token in X-Consul-Token';
const NO_ACLS =
  'Consul has its ACLs off, so it cannot tell who asks, and this controller acts for nobody in particular unless it is told to';
const LIMITED = 'too many tokens that Consul does not know came from this address within a minute';
const LONGEST_NAME = 60;

/** The token of the request; undefined when there is none. */
export function tokenOf(c: Context): string | undefined {
  return c.req.header('x-consul-token')?.trim() || undefined;
}

/** Lets readers in: everybody, or with `readAuth` those whose token Consul knows. */
export function mayRead({ readAuth }: AccessRules, identity: Identity): MiddlewareHandler {
  return async (c, next) => {
    if (!readAuth) return next();
    const token = tokenOf(c);
    if (token === undefined) return problem(c, 'no-token', 'reading takes a Consul token here (read_auth)', { next: TOKEN_NEXT });
    const caller = await identity.whoIs(token, socketOf(c).remoteAddress ?? '');
    if (caller.kind === 'known') return next();
    if (caller.kind === 'limited') return limited(c);
    if (caller.kind === 'unknown-token') return problem(c, 'token-refused', caller.why, { next: TOKEN_NEXT });
    const detail = 'reading takes a Consul token here (read_auth), but Consul has its ACLs off and knows no tokens';
    return problem(c, 'no-acls', detail, { next: 'splitter run --no-read-auth   or turn on ACLs in Consul' });
  };
}

/** In whose name the request may act; a refusal when in nobody's. */
export async function actorOf(c: Context, rules: AccessRules, identity: Identity, instead: string): Promise<Actor | Response> {
  const token = tokenOf(c);
  if (token === undefined) {
    if (rules.anonymousActions) return { token, by: 'somebody (page)' };
    return problem(c, 'no-token', 'without a Consul token this only reads', { next: `${TOKEN_NEXT};   or   ${instead}` });
  }
  const caller = await identity.whoIs(token, socketOf(c).remoteAddress ?? '');
  switch (caller.kind) {
    case 'known':
      return { token, by: nameOf(caller) };
    case 'limited':
      return limited(c);
    case 'unknown-token':
      return problem(c, 'token-refused', caller.why, { next: TOKEN_NEXT });
    case 'no-acls':
      if (rules.anonymousActions) return { token: undefined, by: 'somebody (page)' };
      return problem(c, 'no-acls', NO_ACLS, { next: `splitter run --anonymous-actions   or   ${instead}` });
  }
}

/** What the request's token is good for. */
export async function describeSelf(c: Context, rules: AccessRules, identity: Identity): Promise<Self> {
  const token = tokenOf(c);
  const nobody = { name: null, accessor: null };
  if (token === undefined)
    return rules.anonymousActions
      ? { acts: true, ...nobody, message: 'acting without a token' }
      : { acts: false, ...nobody, message: 'reading only' };
  const caller = await identity.whoIs(token, socketOf(c).remoteAddress ?? '');
  switch (caller.kind) {
    case 'known':
      return { acts: true, name: nameOf(caller), accessor: caller.accessor, message: `acting as ${nameOf(caller)}` };
    case 'limited':
      return { acts: false, ...nobody, message: LIMITED };
    case 'unknown-token':
      return { acts: false, ...nobody, message: caller.why };
    case 'no-acls':
      return rules.anonymousActions
        ? { acts: true, ...nobody, message: 'Consul has no ACLs: everybody may act' }
        : { acts: false, ...nobody, message: NO_ACLS };
  }
}

function limited(c: Context): Response {
  return problem(c, 'too-many-refusals', LIMITED, { next: 'wait a minute, and send a token that Consul knows' });
}

function nameOf({ name, accessor }: { readonly name: string; readonly accessor: string }): string {
  const id = accessor.slice(0, 8);
  const said = harmless(name).trim().slice(0, LONGEST_NAME);
  return said === '' ? `token ${id}` : `${said} (token ${id})`;
}
