import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { refuse } from '../refuse.js';

/** What the page may do: load what this server has, talk to this server, and nothing else; nobody may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
} as const;

/** The dashboard, from memory: it was bundled when splitter was built. */
export function assets(folder: URL = new URL('./page/', import.meta.url)): Hono {
  const app = new Hono();
  for (const [path, [file, type]] of Object.entries(FILES)) {
    const asset = load(new URL(file, folder));
    app.get(path, (c) => {
      if (asset === undefined) return refuse(c, 404, 'not found', 'this build has no page: npm run build makes it');
      const headers = { ...HEADERS, etag: asset.etag, 'content-type': type };
      return c.req.header('if-none-match') === asset.etag ? c.body(null, 304, headers) : c.body(asset.body, 200, headers);
    });
  }
  return app;
}

function load(file: URL): { readonly body: string; readonly etag: string } | undefined {
  try {
    const body = readFileSync(file, 'utf8');
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
  } catch {
    return undefined;
  }
}
