import type { SecretPlace } from '../core/channel.js';
import { checkSecret, type Env, readSecret } from '../net/secret.js';

/** One line of visible characters and spaces: what a header may hold. */
const HEADER_VALUE = /^[\x20-\x7e]+$/;

/** What is kept at a place of the plan's, read anew each time, so that a rotated secret counts at once. `key` names it. Throws a sentence without it. */
export async function readPlace(place: SecretPlace, key: string, env: Env, form?: RegExp): Promise<string> {
  if ('file' in place) return readSecret(place.file, `${key}_file`, form);
  const value = env[place.env];
  if (!value) throw new Error(`${place.env} is not set, and the plan names it for ${key}; set it`);
  return checkSecret(value, place.env, form);
}

/** The value of a header of the plan's. Throws a sentence without it. */
export function readHeader(name: string, place: SecretPlace, env: Env): Promise<string> {
  return readPlace(place, `header ${name}`, env, HEADER_VALUE);
}

/** The address that is kept at a place. Throws a sentence without it. */
export async function readAddress(place: SecretPlace, key: string, env: Env): Promise<URL> {
  return parseAddress(await readPlace(place, key, env), 'file' in place ? `${key}_file` : place.env);
}

/** The address in a text; `named` tells where it is from. Throws a sentence without it. */
export function parseAddress(text: string, named: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new Error(`${named} holds no http or https address; check what is in it`);
  if (url.username === '' && url.password === '') return url;
  throw new Error(`${named} holds a user or a password before the @; send them as a header`);
}
