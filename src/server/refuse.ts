import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An answer that says what is wrong, as RFC 9457 has it: the title is the same each time, the detail is of this case. */
export function refuse(c: Context, status: ContentfulStatusCode, title: string, detail: string): Response {
  return c.body(`${JSON.stringify({ title, status, detail })}\n`, status, { 'content-type': 'application/problem+json' });
}
