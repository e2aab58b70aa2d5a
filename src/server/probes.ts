import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { refuse } from './refuse.js';

/** What the probes ask of the controller, at each request. */
export interface Health {
  /** Milliseconds since its loop last turned. */
  sinceTurn(): number;
  /** What it takes to be of use: Consul answers, this controller is a member, and it has read all splitters once. */
  readiness(): { readonly consul: boolean; readonly membership: boolean; readonly list: boolean };
}

/** Where the text of /metrics comes from. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** A loop that has not turned for so long hangs, ms: it wakes at least every few seconds. */
const HANGS = 30_000;
const READ_ONLY = ['GET', 'HEAD'];

/** /healthz, /readyz and /metrics. They take GET and HEAD, and no body. */
export function probes({ health, metrics }: { readonly health: Health; readonly metrics: MetricsText }): Hono {
  const app = new Hono();
  for (const path of ['/healthz', '/readyz', '/metrics'])
    app.use(path, async (c, next) => {
      if (!READ_ONLY.includes(c.req.method)) {
        c.header('allow', READ_ONLY.join(', '));
        return refuse(c, 405, 'method not allowed', `${path} is only read: use GET`);
      }
      const length = c.req.header('content-length');
      if ((length === undefined || length === '0') && c.req.header('transfer-encoding') === undefined) return next();
      c.header('connection', 'close');
      return refuse(c, 413, 'no body wanted', `${path} takes no body`);
    });
  app.get('/healthz', (c) => {
    const seconds = Math.round(health.sinceTurn() / 1_000);
    return health.sinceTurn() <= HANGS
      ? c.json({ ok: true })
      : c.json({ ok: false, loop: `has not turned for ${seconds} s` }, 503);
  });
  app.get('/readyz', (c) => {
    const readiness = health.readiness();
    const missing = Object.entries(readiness).flatMap(([what, there]) => (there ? [] : [what]));
    return missing.length === 0 ? c.json({ ready: true }) : c.json({ ready: false, missing }, 503);
  });
  app.get('/metrics', compress(), async (c) => c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }));
  return app;
}
