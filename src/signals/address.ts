import type { Env } from '../net/secret.js';

/** Where the base address of an API may come from: the signal's `url`, a variable, or the vendor's own. */
interface AddressSources {
  readonly who: string;
  readonly signal: { readonly name: string; readonly url?: string };
  readonly env: Env;
  readonly variable?: string;
  readonly usual?: string;
}

/** The address of an API: its base with `path` behind it. Throws a sentence that says what to set. */
export function findAddress({ who, signal, env, variable, usual }: AddressSources, path: string): URL {
  const own = variable === undefined ? undefined : env[variable];
  const base = signal.url ?? (own || usual);
  if (base === undefined)
    throw new Error(
      `no address of ${who}; set ${variable}, for example http://127.0.0.1:9090, or "url" of the signal ${signal.name}`,
    );
  const from = variable !== undefined && signal.url === undefined && own ? variable : `the url of ${signal.name}`;
  return apiAddress(base, from, path);
}

/** One API under a base address; `from` says where that was written. Throws a sentence when it is no address, or holds a secret. */
export function apiAddress(base: string, from: string, path: string): URL {
  if (!URL.canParse(base) || !/^https?:/i.test(base))
    throw new Error(`${from} is no http or https address; write it like http://127.0.0.1:9090`);
  const url = new URL(base);
  if (url.username !== '' || url.password !== '')
    throw new Error(`${from} holds a user or password; take it out and set the secret by its own variable`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url;
}
