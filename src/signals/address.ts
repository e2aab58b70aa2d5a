import type { Env } from '../net/secret.js';

/** Where the base address of an API may come from: the signal's `url`, a variable, or the vendor's own. `isOwn`: further addresses of the vendor that its secrets may go to. */
interface AddressSources {
  readonly who: string;
  readonly signal: { readonly name: string; readonly url?: string };
  readonly env: Env;
  readonly variable: string;
  readonly usual?: string;
  readonly isOwn?: (url: URL) => boolean;
}

/** The address of an API. `keeps` says why the environment's secrets do not go there: they were given for another address than the one that the plan names. */
export interface Address {
  readonly url: URL;
  readonly keeps?: string;
}

/** The address of an API: its base with `path` behind it. Throws a sentence that says what to set. */
export function findAddress({ who, signal, env, variable, usual, isOwn }: AddressSources, path: string): Address {
  const own = env[variable] || undefined;
  const base = signal.url ?? own ?? usual;
  if (base === undefined)
    throw new Error(
      `no address of ${who}; set ${variable}, for example http://127.0.0.1:9090, or "url" of the signal ${signal.name}`,
    );
  const url = apiAddress(base, signal.url === undefined && own ? variable : `the url of ${signal.name}`, path);
  if (signal.url === undefined || isOwn?.(url) === true || url.origin === originOf(own ?? usual)) return { url };
  return { url, keeps: keptFor(originOf(own ?? usual), `the address in ${variable}`, url, `the signal ${signal.name}`) };
}

/** The address of a flag, which may be another than the one that the environment's secrets are for. Throws a sentence. */
export function flagAddress(base: string, flag: string, env: Env, variable: string, path: string): Address {
  const url = apiAddress(base, flag, path);
  const own = originOf(env[variable]);
  return own === undefined || own === url.origin ? { url } : { url, keeps: keptFor(own, '', url, flag) };
}

function keptFor(own: string | undefined, unset: string, url: URL, asks: string): string {
  return `is for ${own ?? `${unset}, which is not set`}, and ${asks} asks ${url.origin}`;
}

function originOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** One API under a base address; `from` says where that was written. Throws a sentence when it is no address, or holds a secret. */
function apiAddress(base: string, from: string, path: string): URL {
  if (!URL.canParse(base) || !/^https?:/i.test(base))
    throw new Error(`${from} is no http or https address; write it like http://127.0.0.1:9090`);
  const url = new URL(base);
  if (url.username !== '' || url.password !== '')
    throw new Error(`${from} holds a user or password; take it out and set the secret by its own variable`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url;
}
