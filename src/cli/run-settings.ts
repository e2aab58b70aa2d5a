import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ConsulFlags } from '../consul/settings.js';
import { parseListen, type SettingsFile, settingsSchema } from '../controller/settings.js';
import { parseDuration } from '../core/duration.js';
import { isLoopback } from '../net/loopback.js';
import type { TlsFiles } from '../net/tls-files.js';
import { ARROW } from '../plan/leaf.js';
import type { ScrapeLimits } from '../signals/scrape-budget.js';
import { CommandError } from './exit.js';
import { readSettingsFile } from './settings-file.js';

/** Flags of `splitter run`, besides those of every command. */
export interface RunFlags extends ConsulFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly pageUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowedHost?: readonly string[];
  readonly readAuth?: boolean;
  readonly anonymousActions?: boolean;
  readonly id?: string;
  readonly plans?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly kvPrefix?: string;
  readonly sessionTtl?: string;
  readonly scrapePages?: string;
  readonly scrapePagesPerCaller?: string;
}

/** The settings of a controller, resolved; times in ms. */
export interface RunSettings {
  /** `chosen`: somebody has named this address; the default gives way to a free port. */
  readonly listen: { readonly host: string; readonly port: number; readonly chosen: boolean };
  readonly pageUrl?: string;
  /** Files of the certificate and of its key; absent: plain HTTP. */
  readonly tls?: TlsFiles;
  readonly allowedHosts: readonly string[];
  readonly readAuth: boolean;
  readonly anonymousActions: boolean;
  readonly id: string;
  readonly plans?: string;
  readonly logLevel: SettingsFile['log_level'];
  readonly logFormat: SettingsFile['log_format'];
  readonly kvPrefix: string;
  readonly sessionTtl: number;
  /** Metrics pages of Envoy that are read at most. */
  readonly scrape: ScrapeLimits;
  /** As flags: what the environment says is left to it. */
  readonly consul: ConsulFlags;
}

type Env = Readonly<Record<string, string | undefined>>;
type ConsulKey = keyof SettingsFile['consul'];

/** Settings that may also be a flag and a variable: the flag's name in RunFlags. The variable is SPLITTER_ and the key in capitals. */
const LAYERED = {
  listen: 'listen',
  page_url: 'pageUrl',
  tls_cert: 'tlsCert',
  tls_key: 'tlsKey',
  allowed_hosts: 'allowedHost',
  read_auth: 'readAuth',
  anonymous_actions: 'anonymousActions',
  id: 'id',
  plans: 'plans',
  log_level: 'logLevel',
  log_format: 'logFormat',
  kv_prefix: 'kvPrefix',
  session_ttl: 'sessionTtl',
  scrape_pages: 'scrapePages',
  scrape_pages_per_caller: 'scrapePagesPerCaller',
} as const;

const SWITCHES: readonly string[] = ['read_auth', 'anonymous_actions'];
const WORDS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

/** The flag of each key about Consul, and the variables that beat the file. */
const CONSUL: Readonly<Record<ConsulKey, readonly [flag: Exclude<keyof ConsulFlags, 'httpAddrFrom'>, ...variables: string[]]>> = {
  address: ['httpAddr', 'CONSUL_HTTP_ADDR'],
  token_file: ['tokenFile', 'CONSUL_HTTP_TOKEN_FILE', 'CONSUL_HTTP_TOKEN'],
  ca_file: ['caFile', 'CONSUL_CACERT', 'CONSUL_CAPATH'],
  ca_path: ['caPath', 'CONSUL_CAPATH', 'CONSUL_CACERT'],
  client_cert: ['clientCert', 'CONSUL_CLIENT_CERT'],
  client_key: ['clientKey', 'CONSUL_CLIENT_KEY'],
  tls_server_name: ['tlsServerName', 'CONSUL_TLS_SERVER_NAME'],
  datacenter: ['datacenter'],
  namespace: ['namespace', 'CONSUL_NAMESPACE'],
  partition: ['partition', 'CONSUL_PARTITION'],
};

/** The variable that sets a key. */
export function variableOf(key: string): string {
  return `SPLITTER_${key.toUpperCase()}`;
}

/** The settings: flag > environment (SPLITTER_*, CONSUL_*) > file > default. What is wrong is a CommandError that names the place and the remedy. */
export async function readSettings(
  flags: RunFlags,
  env: Env,
  file: string | undefined = flags.config ?? (env.SPLITTER_CONFIG || undefined),
): Promise<RunSettings> {
  const written = file === undefined ? settingsSchema.parse({}) : readSettingsFile(await readText(file), file);
  const given = layered(flags, env);
  const settings: SettingsFile = { ...written, ...given };
  const listen = parseListen(settings.listen)!;
  return {
    listen: {
      ...listen,
      chosen: given.listen !== undefined || settings.listen !== settingsSchema.parse({}).listen,
    },
    ...(settings.page_url === undefined ? {} : { pageUrl: settings.page_url }),
    ...tlsOf(settings),
    readAuth: settings.read_auth ?? !isLoopback(listen.host),
    anonymousActions: settings.anonymous_actions,
    allowedHosts: settings.allowed_hosts,
    id: settings.id ?? randomId(),
    ...(settings.plans === undefined ? {} : { plans: settings.plans }),
    logLevel: settings.log_level,
    logFormat: settings.log_format,
    kvPrefix: settings.kv_prefix,
    sessionTtl: parseDuration(settings.session_ttl)!,
    scrape: { perSecond: settings.scrape_pages, perCaller: settings.scrape_pages_per_caller },
    consul: consulFlags(flags, env, settings.consul, file),
  };
}

function tlsOf({ tls_cert: cert, tls_key: key }: SettingsFile): Pick<RunSettings, 'tls'> {
  if (cert === undefined && key === undefined) return {};
  if (cert !== undefined && key !== undefined) return { tls: { cert, key } };
  const [has, lacks] = cert === undefined ? ['a key', 'no certificate'] : ['a certificate', 'no key'];
  throw new CommandError(`there is ${has} to serve with and ${lacks}`, 'give both: --tls-cert cert.pem --tls-key key.pem');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`the settings ${file} cannot be read (${code})`, 'check --config (SPLITTER_CONFIG)');
  }
}

/** The settings that flags or variables give, checked as those of the file are. */
function layered(flags: RunFlags, env: Env): Partial<SettingsFile> {
  const given = Object.entries(LAYERED).flatMap(([key, flag]) => {
    const spelt = `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const fromFlag = flags[flag];
    if (fromFlag !== undefined) return [[key, check(key as keyof typeof LAYERED, spelt, fromFlag)]];
    const variable = variableOf(key);
    const text = env[variable];
    if (text === undefined || text === '') return [];
    return [[key, check(key as keyof typeof LAYERED, variable, readVariable(key, text))]];
  });
  return Object.fromEntries(given) as Partial<SettingsFile>;
}

/** What a variable's text stands for; what is no switch's word is left for the check to refuse. */
function readVariable(key: string, text: string): string | readonly string[] | boolean {
  if (key === 'allowed_hosts') return text.split(',');
  return SWITCHES.includes(key) ? (WORDS[text] ?? text) : text;
}

function check(key: keyof typeof LAYERED, from: string, value: string | readonly string[] | boolean): unknown {
  const parsed = settingsSchema.shape[key].safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [wrong, remedy] = (issue?.message ?? '').split(ARROW);
  if (issue?.code === 'invalid_value')
    throw new CommandError(
      `${from} is ${value}, which is not one of ${issue.values.map(String).join(', ')}`,
      `${from} ${String(issue.values[0])}`,
    );
  throw new CommandError(
    `${from} is ${JSON.stringify(value)}, which ${remedy === undefined ? 'is empty' : wrong}`,
    remedy ?? `give ${from} a value`,
  );
}

function consulFlags(flags: RunFlags, env: Env, written: SettingsFile['consul'], file: string | undefined): ConsulFlags {
  const merged = Object.entries(CONSUL).flatMap(([key, [flag, ...variables]]) => {
    const own = flags[flag];
    if (own !== undefined) return [[flag, own]];
    const isBeaten = variables.some((variable) => env[variable]) || (flag === 'tokenFile' && flags.token !== undefined);
    const fromFile = isBeaten ? undefined : written[key as ConsulKey];
    return fromFile === undefined ? [] : [[flag, fromFile], ...(key === 'address' ? [['httpAddrFrom', file]] : [])];
  });
  return { ...(flags.token === undefined ? {} : { token: flags.token }), ...Object.fromEntries(merged) } as ConsulFlags;
}

function randomId(): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 50);
  return `${host}-${randomBytes(2).toString('hex')}`;
}
