import { Hono } from 'hono';
import type { ControllerEvent } from '../../controller/events.js';
import { type AccessRules, mayRead } from './access.js';
import { actionRoutes } from './action-routes.js';
import { Board } from './board.js';
import type { Desk, Outcome } from './desk.js';
import { EventFeed, type FeedOptions } from './feed.js';
import { nameGuard, originGuard } from './guard.js';
import { Identity } from './identity.js';
import { type Action, READ_PATIENCE } from './kinds.js';
import { socketOf } from './node-env.js';
import { openapi } from './openapi.js';
import { problem, problemOfConsul } from './problem.js';
import { readRoutes } from './read-routes.js';

/** What was asked for, for the log. */
export interface Told {
  readonly service: string;
  readonly action: Action;
  readonly by: string;
  readonly outcome: Outcome['kind'];
}

/** What the API is made of. */
export interface ApiOptions {
  readonly desk: Desk;
  readonly rules: AccessRules;
  /** Names that it answers to besides addresses and localhost. */
  readonly allowedHosts: readonly string[];
  readonly host: string;
  /** What the stream says of this controller when it begins. */
  readonly about: { readonly controller: string; readonly version: string };
  readonly onAction: (told: Told) => void;
  /** Hears of what is a bug here. */
  readonly onFault: (error: Error) => void;
  readonly feed?: FeedOptions;
}

/** What the routes share. */
export interface ApiParts extends Pick<ApiOptions, 'desk' | 'rules' | 'about' | 'onAction'> {
  readonly board: Board;
  readonly feed: EventFeed;
  readonly identity: Identity;
}

/** The API of one controller: its routes, and an ear for what the controller tells. */
export interface Api {
  readonly routes: Hono;
  hear(event: ControllerEvent): void;
  /** Ends every stream. */
  close(): void;
}

/** Makes the API under /v1. */
export function createApi(options: ApiOptions): Api {
  const { desk, rules, about, onAction, host, allowedHosts } = options;
  const feed = new EventFeed(options.feed);
  const board = new Board(desk, feed);
  const identity = new Identity(
    (token) => desk.whoIs(token),
    () => desk.now(),
  );
  const parts: ApiParts = { desk, rules, about, onAction, board, feed, identity };
  const document = openapi();
  const routes = new Hono();
  routes.use('*', (c, next) => {
    socketOf(c).setTimeout(READ_PATIENCE);
    return next();
  });
  routes.use('*', nameGuard(host, allowedHosts), originGuard());
  routes.get('/openapi.json', (c) => c.json(document));
  routes.use('*', async (c, next) => (c.req.path === '/v1/self' ? next() : mayRead(rules, identity)(c, next)));
  routes.route('/', readRoutes(parts));
  routes.route('/', actionRoutes(parts));
  routes.all('*', (c) => problem(c, 'not-found', `there is no ${c.req.method} ${c.req.path}`, { next: 'see /v1/openapi.json' }));
  routes.onError((error, c) => {
    const known = problemOfConsul(c, error);
    if (known === undefined) options.onFault(error);
    return known ?? problem(c, 'internal', "this is a bug in splitter; the controller's log says more");
  });
  return {
    routes,
    hear: (event) => board.hear(event),
    close: () => {
      board.close();
      feed.close();
    },
  };
}
