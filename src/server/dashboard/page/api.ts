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

/** What the server said no with; `problem` is absent when it could not be reached at all. */
export class ApiError extends Error {
  readonly problem: Problem | undefined;

  constructor(message: string, problem?: Problem) {
    super(message);
    this.problem = problem;
  }
}

/** Reads a path; throws an ApiError. */
export function read<T>(path: string): Promise<T> {
  return send<T>(path, { headers: ownHeaders() });
}

/** Acts on a rollout as it was seen at this ModifyIndex (none for an abort); throws an ApiError. */
export function order<T>(service: string, action: string, body: object, seen: number | null): Promise<T> {
  const headers = {
    ...ownHeaders(),
    'content-type': 'application/json',
    ...(seen === null ? {} : { 'if-match': `"${seen}"` }),
  };
  return send<T>(`${pathOf(service)}/actions/${action}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The path of a service. */
export function pathOf(service: string): string {
  return `/v1/rollouts/${encodeURIComponent(service)}`;
}

/** What the viewer may do. */
export function readSelf(): Promise<Self> {
  return read<Self>('/v1/self');
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, cache: 'no-store', credentials: 'omit' });
  } catch {
    throw new ApiError('the controller does not answer: nothing was sent');
  }
  const body = (await answer.json().catch(() => undefined)) as unknown;
  if (answer.ok && body !== undefined) return body as T;
  const problem = body as Problem | undefined;
  throw new ApiError(problem?.detail ?? `the controller answered ${answer.status}`, problem);
}
