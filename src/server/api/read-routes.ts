import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { historyJson } from '../../view/history.js';
import { describeSelf } from './access.js';
import type { ApiParts } from './api.js';
import { freezeState } from './freeze-state.js';
import { type ListRequest, pageOf, plansOf, readToken } from './list.js';
import { closingOf, socketOf } from './node-env.js';
import { problem } from './problem.js';
import { detailOf } from './rows.js';
import { type Histories, historyQuery, listQuery, plansQuery, type RolloutDetail, type Self, streamQuery } from './schemas.js';

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
    const place = placeOf(c, query);
    if (place instanceof Response) return place;
    const set = (text: string | undefined): ReadonlySet<string> | undefined => (text ? new Set(text.split(',')) : undefined);
    const [phases, attention] = [set(query.phase), set(query.attention)];
    const page = pageOf(board.rows(), {
      ...place,
      sort: query.sort ?? 'attention',
      ...(phases === undefined ? {} : { phases }),
      ...(attention === undefined ? {} : { attention }),
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
  app.get('/rollouts/:service/entries', async (c) => {
    const raw = await desk.readRaw(c.req.param('service'));
    return raw === undefined ? absent(c) : c.json(raw);
  });
  app.get('/plans', async (c) => {
    const query = parseQuery(c, plansQuery);
    if (query instanceof Response) return query;
    const place = placeOf(c, query);
    return place instanceof Response ? place : c.json(plansOf(await desk.listPlans(), place));
  });
  app.get('/plans/:service', async (c) => {
    const service = c.req.param('service');
    const plan = await desk.readPlan(service);
    if (plan !== undefined) return c.json(plan);
    return problem(c, 'not-found', `no plan of ${service} is applied`, { next: 'splitter apply PLAN' });
  });
  app.get('/freeze', (c) => c.json(freezeState(desk)));
  app.get('/self', async (c) => c.json((await describeSelf(c, parts.rules, parts.identity)) satisfies Self));
  app.get('/events', (c) => {
    const query = parseQuery(c, streamQuery);
    if (query instanceof Response) return query;
    if (feed.full) return problem(c, 'too-many-streams', 'no more readers of events are taken now');
    c.header('content-type', 'text/event-stream; charset=utf-8');
    c.header('x-accel-buffering', 'no');
    // Its answer has no body: a stream would never be read, and never be left.
    if (c.req.method === 'HEAD') return c.body(null);
    const socket = socketOf(c);
    socket.setTimeout(STREAM_PATIENCE);
    board.catchUp();
    const greeting = { ...parts.about, freeze: freezeState(desk) };
    const cut = (): unknown => socket.destroy();
    return c.body(feed.open(c.req.header('last-event-id'), query.service, greeting, cut, closingOf(socket)));
  });
  return app;
}

/** One rollout as it is now; undefined when the service has no splitter. */
export async function readDetail({ desk }: ApiParts, service: string): Promise<RolloutDetail | undefined> {
  const stored = await desk.readStatus(service);
  if (stored.modifyIndex === null && stored.rollout === null) return undefined;
  const sight = desk.sightOf(service);
  const plan = sight?.plan ?? (await findPlan(desk, service, stored));
  const entrances = await desk.readEntrances(service);
  return detailOf({ ...stored, entrances }, sight, plan, desk.now());
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

interface Paged {
  readonly prefix?: string | undefined;
  readonly per_page?: string | undefined;
  readonly next_token?: string | undefined;
}

/** Which page of a list is asked for. */
function placeOf(
  c: Context,
  { prefix = '', per_page, next_token }: Paged,
): Pick<ListRequest, 'prefix' | 'perPage' | 'after'> | Response {
  const after = next_token === undefined ? undefined : readToken(next_token);
  if (next_token !== undefined && after === undefined)
    return problem(c, 'malformed', 'next_token is none that this server gave', { next: 'leave it out for the first page' });
  const perPage = Math.min(MOST_PER_PAGE, Math.max(1, Number(per_page ?? PER_PAGE)));
  return { prefix, perPage, ...(after === undefined ? {} : { after }) };
}

function parseQuery<S extends z.ZodObject>(c: Context, schema: S): z.output<S> | Response {
  const parsed = schema.safeParse(c.req.query());
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ message, path }) => ({ detail: message, pointer: `/${path.join('/')}` }));
  return problem(c, 'malformed', `the query cannot be read: ${errors[0]?.detail}`, { errors, next: 'see /v1/openapi.json' });
}
