import { type Action, patienceOf, READ_PATIENCE } from '../../api/kinds.js';
import type { Problem, Self } from '../../api/schemas.js';

let token = '';

/** The viewer's Consul token: kept in this tab's memory only, so a reload forgets it. */
export function setToken(next: string): void {
  token = next.trim();
}

/** The headers that every request carries. */
export function ownHeaders(): Record<string, string> {
  return token === '' ? {} : { 'x-consul-token': token };
}

/** What the server said no with; `problem` is absent when no answer of its own came. */
export class ApiError extends Error {
  readonly problem: Problem | undefined;

  constructor(message: string, problem?: Problem) {
    super(message);
    this.problem = problem;
  }
}

/** Reads a path; throws an ApiError. */
export function read<T>(path: string): Promise<T> {
  return send<T>(path, { headers: ownHeaders() }, READ_PATIENCE, UNREAD);
}

/** Acts on a rollout as it was seen at this ModifyIndex (none for an abort); throws an ApiError. */
export function order<T>(service: string, action: Action, body: object, seen: number | null): Promise<T> {
  const headers = {
    ...ownHeaders(),
    'content-type': 'application/json',
    ...(seen === null ? {} : { 'if-match': `"${seen}"` }),
  };
  const path = `${pathOf(service)}/actions/${action}`;
  return send<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, patienceOf(action), UNTOLD);
}

/** The path of a service. */
export function pathOf(service: string): string {
  return `/v1/rollouts/${encodeURIComponent(service)}`;
}

/** What the viewer may do. */
export function readSelf(): Promise<Self> {
  return read<Self>('/v1/self');
}

const UNREAD = 'the controller does not answer';
const UNTOLD = 'no answer came: it is not known whether this was done. Look at the state before you try again';

/** Reads an answer as JSON within so many ms; `lost` is what is said where none comes. */
async function send<T>(path: string, init: RequestInit, patience: number, lost: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(patience) });
  } catch {
    throw new ApiError(lost);
  }
  const body = (await answer.json().catch(() => undefined)) as unknown;
  if (answer.ok && body !== undefined) return body as T;
  const problem = asProblem(body);
  throw new ApiError(problem?.detail ?? `${lost} (HTTP ${answer.status})`, problem);
}

/** A body that is a problem of this server's making; undefined for what stands between says. */
export function asProblem(body: unknown): Problem | undefined {
  return typeof (body as Problem | undefined)?.detail === 'string' ? (body as Problem) : undefined;
}
