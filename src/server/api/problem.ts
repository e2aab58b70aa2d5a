import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { withoutPasswords } from '../log.js';
import type { Problem } from './schemas.js';

/** Each kind of problem: its status and its title, which is the same each time. Described in docs/page-and-api.md by the same id. */
export const PROBLEMS = {
  malformed: [400, 'The request cannot be read'],
  'no-token': [403, 'No Consul token'],
  'token-refused': [403, 'Consul does not know this token'],
  denied: [403, 'Consul denies it'],
  'no-acls': [403, 'Consul has no ACLs, so nobody can be told apart'],
  'foreign-host': [403, 'Unknown host'],
  'foreign-origin': [403, 'A page of another origin'],
  'not-found': [404, 'There is no such thing'],
  'not-now': [409, 'It makes no sense now'],
  stale: [412, 'The rollout has moved on'],
  'too-large': [413, 'The body is too large'],
  'not-json': [415, 'JSON only'],
  'no-index': [428, 'If-Match is missing'],
  'too-many-refusals': [429, 'Too many tokens that Consul does not know'],
  internal: [500, 'Internal error'],
  'consul-refused': [502, 'Consul refused it'],
  'consul-silent': [503, 'Consul cannot answer now'],
  'too-many-streams': [503, 'Too many readers of events'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemId = keyof typeof PROBLEMS;

/** What is told besides: the command to type next, what is wrong where, where the rollout stands. */
export type ProblemMore = Pick<Problem, 'next' | 'errors' | 'rollout'>;

/** An answer that says what is wrong in this case, as RFC 9457 has it, and what to type next. */
export function problem(c: Context, id: ProblemId, detail: string, more: ProblemMore = {}): Response {
  const [status, title] = PROBLEMS[id];
  if (status === 503) c.header('retry-after', '2');
  if (status === 429) c.header('retry-after', '60');
  const instance = c.req.path;
  const body = { type: `/problems/${id}`, title, status, detail: withoutPasswords(detail), instance, ...more };
  return c.body(`${JSON.stringify(body)}\n`, status, { 'content-type': 'application/problem+json' });
}

/** The problem that an error of Consul is, by the class of the error. */
export function problemOfConsul(
  c: Context,
  error: Error & { readonly code?: unknown; readonly hint?: unknown },
): Response | undefined {
  const id = CODES[String(error.code)];
  if (id === undefined) return undefined;
  return problem(c, id, error.message, typeof error.hint === 'string' && error.hint !== '' ? { next: error.hint } : {});
}

const CODES: Readonly<Record<string, ProblemId>> = {
  denied: 'denied',
  unreachable: 'consul-silent',
  'no-leader': 'consul-silent',
  limited: 'consul-silent',
  tls: 'consul-silent',
  'unknown-outcome': 'consul-silent',
  aborted: 'consul-silent',
  rejected: 'consul-refused',
};
