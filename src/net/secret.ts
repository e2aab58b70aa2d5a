import { readFile } from 'node:fs/promises';

/** The environment: addresses, secrets and the files that hold them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A secret by the name of its variable, and the file that the plan names for it, under which key. `keeps`: why that of the environment is not for the address that is asked. */
export interface Secret {
  readonly variable: string;
  readonly file?: { readonly key: string; readonly path: string | undefined };
  readonly keeps?: string | undefined;
  readonly form?: RegExp;
}

/** Visible characters only: what keys, tokens and addresses are made of. */
const ONE_WORD = /^[\x21-\x7e]+$/;
/** What a person may choose as a password: one line. */
export const ONE_LINE = /^[^\r\n\0]+$/;

/** The secret from the plan's file, the variable, or the file that `<variable>_FILE` names; undefined when none is set, or none for this address. Throws a sentence. */
export async function findSecret(env: Env, { variable, file, keeps, form }: Secret): Promise<string | undefined> {
  const own = env[variable];
  if (file?.path !== undefined) return readSecret(file.path, file.key, form);
  if (keeps !== undefined) return undefined;
  if (own) return checkSecret(own, variable, form);
  const named = env[`${variable}_FILE`];
  return named ? readSecret(named, `${variable}_FILE`, form) : undefined;
}

/** Why a secret of the environment is not sent, and what to write instead; undefined where there is none, or where it is sent. */
export function sayKept(env: Env, { variable, file, keeps }: Secret): string | undefined {
  if (keeps === undefined || file?.path !== undefined || !(env[variable] || env[`${variable}_FILE`])) return undefined;
  return `${variable} ${keeps}, so it is not sent${file === undefined ? '' : `; write ${file.key}: /path/to/file in the signal`}`;
}

/** Like `findSecret`, but throws what to set when there is none. */
export async function needSecret(env: Env, secret: Secret, who: string): Promise<string> {
  const found = await findSecret(env, secret);
  if (found !== undefined) return found;
  const kept = sayKept(env, secret);
  if (kept !== undefined) throw new Error(kept);
  const { variable, file } = secret;
  const inPlan = file === undefined ? '' : `, or write ${file.key}: /path/to/file in the signal`;
  throw new Error(`${who} needs a secret that is not set; set ${variable} or ${variable}_FILE${inPlan}`);
}

/** The secret in a file, told by what names the file. Throws a sentence that holds neither the secret nor a part of it. */
export async function readSecret(path: string, named: string, form: RegExp = ONE_WORD): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${named} cannot be read (${(error as NodeJS.ErrnoException).code}); check its path and rights`);
  }
  return checkSecret(text, named, form);
}

/** The text without the space around it, if it has the form of a secret. Throws a sentence that holds no part of it. */
export function checkSecret(text: string, named: string, form: RegExp = ONE_WORD): string {
  const secret = text.trim();
  if (form.test(secret)) return secret;
  throw new Error(`${named} is empty or holds characters that no secret has; check what is in it`);
}
