import { z } from 'zod';
import { parseDuration } from '../core/duration.js';
import { ARROW, durationOrZero } from '../plan/leaf.js';

const NO_LISTEN = `is no address to listen on${ARROW}write host:port, like 127.0.0.1:8410, or [::1]:8410`;
const NO_ADDRESS = `is no http or https address${ARROW}write it like https://splitter.example.com`;
const NO_ID = `is no id${ARROW}use 1 to 64 letters, digits, - _ and .`;
const NO_PREFIX = `is no prefix of keys${ARROW}write it like splitter/, without a slash at its start`;
const NO_TTL = `is no time that Consul takes for a session${ARROW}write 10s to 24h`;
const NO_SWITCH = `is neither true nor false${ARROW}write true or false`;
const [LEAST_TTL, MOST_TTL] = [10_000, 86_400_000];

const NO_RATE = `is no number of pages a second${ARROW}write a number from 1 to 10000`;

const pagesOf = (whose: string) =>
  z.coerce
    .number({ error: NO_RATE })
    .int({ error: NO_RATE })
    .min(1, { error: NO_RATE })
    .max(10_000, { error: NO_RATE })
    .describe(`Metrics pages of Envoy that it reads at most a second ${whose}`);

const text = (what: string) => z.string().min(1).describe(what);

/** Host and port of `host:port` or `[v6]:port`; undefined when it is neither. */
export function parseListen(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  return match === null || port > 65_535 ? undefined : { host: (match[1] ?? match[2])!, port };
}

/** The settings of a controller as its file spells them; all that is missing has a default. Secrets are in files that it names, never in it. */
export const settingsSchema = z.strictObject({
  listen: z
    .string({ error: NO_LISTEN })
    .refine((address) => parseListen(address) !== undefined, { error: NO_LISTEN })
    .describe('Address of the page, of /v1, /healthz, /readyz and /metrics')
    .default('127.0.0.1:8410'),
  page_url: z
    .string({ error: NO_ADDRESS })
    .refine(isWebAddress, { error: NO_ADDRESS })
    .describe('Where people reach the page, for the links in notifications; default: no links')
    .optional(),
  tls_cert: text('Certificate that it serves with, with the chain up to its authority; read again when it changes').optional(),
  tls_key: text('Key of that certificate').optional(),
  allowed_hosts: z
    .array(z.string().min(1))
    .describe('Further names in the Host header that it answers to; on a loopback address it answers to its own only')
    .default([]),
  read_auth: z
    .boolean({ error: NO_SWITCH })
    .describe('Reading /v1 takes a Consul token too; default: only where it listens on more than a loopback address')
    .optional(),
  anonymous_actions: z
    .boolean({ error: NO_SWITCH })
    .describe('Actions without a token, and with any where Consul has no ACLs, are passed on to Consul without one')
    .default(false),
  id: z
    .string({ error: NO_ID })
    .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: NO_ID })
    .describe('Name of this controller among the others; default: host name and four random letters')
    .optional(),
  plans: text('Directory of plans to follow; default: only those that `splitter apply` keeps in Consul').optional(),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).describe('How much is logged').default('info'),
  log_format: z.enum(['json', 'text']).describe('Lines for machines or for people').default('json'),
  kv_prefix: z
    .string({ error: NO_PREFIX })
    .regex(/^[^/\s].*$/, { error: NO_PREFIX })
    .describe("Where splitter's keys are in Consul's KV; the same for every controller and every command")
    .default('splitter/'),
  session_ttl: durationOrZero()
    .refine((ttl) => ttlOf(ttl) >= LEAST_TTL && ttlOf(ttl) <= MOST_TTL, { error: NO_TTL })
    .describe(
      'After so long without a beat a controller is dead, and others take over its rollouts (Consul may take twice as long)',
    )
    .default('10s'),
  scrape_pages: pagesOf('in all, from callers and instances together').default(500),
  scrape_pages_per_caller: pagesOf('from one caller').default(10),
  consul: z
    .strictObject({
      address: text('host:port, http://…, https://… or unix:///path').optional(),
      token_file: text('File with the ACL token').optional(),
      ca_file: text('Certificate of the authority').optional(),
      ca_path: text('Folder of certificates of authorities').optional(),
      client_cert: text('Certificate of this client').optional(),
      client_key: text('Key of that certificate').optional(),
      tls_server_name: text("Name in the server's certificate").optional(),
      datacenter: text("Default: the agent's").optional(),
      namespace: text('Enterprise only').optional(),
      partition: text('Enterprise only').optional(),
    })
    .describe('How to reach Consul; as in the environment variables of its own tools, which beat what is written here')
    .prefault({}),
});

/** The settings as the file spells them, defaults filled in. */
export type SettingsFile = z.output<typeof settingsSchema>;

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function ttlOf(text: string): number {
  return parseDuration(text) ?? 0;
}
