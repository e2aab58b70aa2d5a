import { type Context, Hono } from 'hono';
import { actorOf } from './access.js';
import type { ApiParts } from './api.js';
import { ACTIONS, type Action, patienceOf } from './kinds.js';
import { socketOf } from './node-env.js';
import { problem } from './problem.js';
import { absent, readDetail } from './read-routes.js';
import { type Acted, type ActionBody, actionBodies, type RolloutDetail } from './schemas.js';

/** What acts: each with the caller's own token, by compare-and-set. */
export function actionRoutes(parts: ApiParts): Hono {
  const app = new Hono();
  for (const action of ACTIONS)
    app.post(`/rollouts/:service/actions/${action}`, (c) => act(c, c.req.param('service'), action, parts));
  return app;
}

async function act(c: Context, service: string, action: Action, parts: ApiParts): Promise<Response> {
  const { desk, rules, identity } = parts;
  socketOf(c).setTimeout(patienceOf(action));
  const body = await readBody(c, action);
  if (body instanceof Response) return body;
  const actor = await actorOf(c, rules, identity, `splitter ${action} ${service}`);
  if (actor instanceof Response) return actor;
  const ifIndex = action === 'abort' ? undefined : readIfMatch(c.req.header('if-match'));
  if (ifIndex === 'missing')
    return problem(
      c,
      'no-index',
      `${action} takes If-Match with the ModifyIndex that you saw, so that it never acts on news unseen`,
      {
        next: 'read the rollout, and send its ETag as If-Match',
      },
    );
  const order = { service, action, body, ...actor, ifIndex: ifIndex === 'any' ? undefined : ifIndex };
  const outcome = await desk.act(order);
  parts.onAction({ service, action, by: actor.by, outcome: outcome.kind });
  const now = await readDetail(parts, service).catch(() => undefined);
  switch (outcome.kind) {
    case 'done':
      if (now !== undefined) c.header('etag', `"${now.modifyIndex}"`);
      return c.json({ changed: outcome.changed, message: outcome.message, rollout: now ?? null } satisfies Acted);
    case 'absent':
      return absent(c);
    case 'refused':
      return problem(c, 'not-now', outcome.message, { next: outcome.hint });
    case 'stale':
      return problem(
        c,
        'stale',
        describeMove(service, now),
        now === undefined ? {} : { rollout: now, next: 'look at it, and decide again' },
      );
  }
}

function describeMove(service: string, now: RolloutDetail | undefined): string {
  return now === undefined
    ? `${service} has moved on since you looked`
    : `${service} has moved on since you looked: ${now.message}`;
}

async function readBody(c: Context, action: Action): Promise<ActionBody | Response> {
  const text = await c.req.text();
  let body: unknown = {};
  try {
    if (text.trim() !== '') body = JSON.parse(text);
  } catch {
    return problem(c, 'malformed', 'the body is no JSON', { next: 'send {}' });
  }
  const parsed = actionBodies[action].safeParse(body);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ message, path }) => ({ detail: message, pointer: `/${path.join('/')}` }));
  return problem(c, 'malformed', `the body cannot be read: ${errors[0]?.detail}`, { errors, next: 'see /v1/openapi.json' });
}

function readIfMatch(header: string | undefined): number | 'any' | 'missing' {
  if (header?.trim() === '*') return 'any';
  const index = /^(?:W\/)?"(\d+)"$/.exec(header?.trim() ?? '')?.[1];
  return index === undefined ? 'missing' : Number(index);
}
