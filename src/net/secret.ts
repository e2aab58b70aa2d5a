import { readFile } from 'node:fs/promises';

/** The environment: addresses, secrets and the files that hold them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A secret by the name of its variable, and the file that the plan names for it, under which key. */
interface Secret {
  readonly variable: string;
  readonly file?: { readonly key: string; readonly path: string | undefined };
}

/** Visible characters only: what keys, tokens and addresses are made of. */
const ONE_WORD = /^[\x21-\x7e]+$/;

/** The secret from the plan's file, the variable, or the file that `<variable>_FILE` names; undefined when none is set. Throws a sentence. */
export async function findSecret(env: Env, { variable, file }: Secret): Promise<string | undefined> {
  const own = env[variable];
  if (file?.path !== undefined) return readSecret(file.path, file.key);
  if (own) return checkSecret(own, variable);
  const named = env[`${variable}_FILE`];
  return named ? readSecret(named, `${variable}_FILE`) : undefined;
}

/** Like `findSecret`, but throws what to set when there is none. */
export async function needSecret(env: Env, secret: Secret, who: string): Promise<string> {
  const found = await findSecret(env, secret);
  if (found !== undefined) return found;
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
