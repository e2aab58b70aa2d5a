import type { Socket } from 'node:net';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { historyJson } from '../../view/history.js';
import { describeSelf } from './access.js';
import type { ApiParts } from './api.js';
import { freezeState } from './freeze-state.js';
import { pageOf, readToken } from './list.js';
import { problem } from './problem.js';
import { detailOf } from './rows.js';
import { type Histories, historyQuery, listQuery, type RolloutDetail, type Self, streamQuery } from './schemas.js';

const PER_PAGE = 50;
const MOST_PER_PAGE = 500;
/** The server's patience with a client that reads nothing; pings move a stream well within it. */
const STREAM_PATIENCE = 60_000;

/** What only reads. */
export function readRoutes(parts: ApiParts): Hono {
  const { desk, board, feed } = parts;
  const app = new Hono();
  app.get('/rollouts', (c) => {
    const query = parseQuery(c, listQuery);
    if (query instanceof Response) return query;
    const after = query.next_token === undefined ? undefined : readToken(query.next_token);
    if (query.next_token !== undefined && after === undefined)
      return problem(c, 'malformed', 'next_token is none that this server gave', { next: 'leave it out for the first page' });
    const set = (text: string | undefined): ReadonlySet<string> | undefined => (text ? new Set(text.split(',')) : undefined);
    const [phases, attention] = [set(query.phase), set(query.attention)];
    const page = pageOf(board.rows(), {
      prefix: query.prefix ?? '',
      sort: query.sort ?? 'attention',
      perPage: Math.min(MOST_PER_PAGE, Math.max(1, Number(query.per_page ?? PER_PAGE))),
      ...(phases === undefined ? {} : { phases }),
      ...(attention === undefined ? {} : { attention }),
      ...(after === undefined ? {} : { after }),
    });
    return c.json(page);
  });
  app.get('/rollouts/:service', async (c) => {
    const detail = await readDetail(parts, c.req.param('service'));
    if (detail === undefined) return absent(c);
    const etag = `"${detail.modifyIndex}"`;
    c.header('etag', etag);
    if (c.req.header('if-none-match') === etag) return c.body(null, 304);
    return c.json(detail);
  });
  app.get('/rollouts/:service/history', async (c) => {
    const query = parseQuery(c, historyQuery);
    if (query instanceof Response) return query;
    const service = c.req.param('service');
    const which = query.rollout !== undefined ? { rollout: query.rollout } : query.all === 'true' ? 'all' : 'last';
    const logs = await desk.readHistories(service, which);
    if (logs.length === 0) return absent(c);
    return c.json({ service, rollouts: logs.map(historyJson) } as unknown as Histories);
  });
  app.get('/freeze', (c) => c.json(freezeState(desk)));
  app.get('/self', async (c) => c.json((await describeSelf(c, parts.rules, parts.identity)) satisfies Self));
  app.get('/events', (c) => {
    const query = parseQuery(c, streamQuery);
    if (query instanceof Response) return query;
    if (feed.full) return problem(c, 'too-many-streams', 'no more readers of events are taken now');
    const { socket } = (c.env as NodeEnv).incoming;
    socket.setTimeout(STREAM_PATIENCE);
    board.catchUp();
    c.header('content-type', 'text/event-stream; charset=utf-8');
    c.header('x-accel-buffering', 'no');
    const greeting = { ...parts.about, freeze: freezeState(desk) };
    return c.body(feed.open(c.req.header('last-event-id'), query.service, greeting, () => socket.destroy()));
  });
  return app;
}

interface NodeEnv {
  readonly incoming: { readonly socket: Socket };
}

/** One rollout as it is now; undefined when the service has no splitter. */
export async function readDetail({ desk }: ApiParts, service: string): Promise<RolloutDetail | undefined> {
  const stored = await desk.readStatus(service);
  if (stored.modifyIndex === null && stored.rollout === null) return undefined;
  const sight = desk.sightOf(service);
  const plan = sight?.plan ?? (await findPlan(desk, service, stored));
  return detailOf(stored, sight, plan, desk.now());
}

async function findPlan(
  desk: ApiParts['desk'],
  service: string,
  { rollout, plan }: { rollout: string | null; plan: { digest: string } | null },
) {
  if (rollout === null || plan === null) return undefined;
  const [log] = await desk.readHistories(service, { rollout }).catch(() => []);
  return log?.plans[plan.digest]?.plan;
}

/** The answer for a service that is not there. */
export function absent(c: Context): Response {
  const service = c.req.param('service') ?? '';
  return problem(c, 'not-found', `${service} has no rollout`, { next: `splitter ramp ${service} --to 10` });
}

function parseQuery<S extends z.ZodObject>(c: Context, schema: S): z.output<S> | Response {
  const parsed = schema.safeParse(c.req.query());
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ message, path }) => ({ detail: message, pointer: `/${path.join('/')}` }));
  return problem(c, 'malformed', `the query cannot be read: ${errors[0]?.detail}`, { errors, next: 'see /v1/openapi.json' });
}
