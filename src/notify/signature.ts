import { createHmac } from 'node:crypto';
import type { SecretPlace } from '../core/channel.js';
import type { Env } from '../net/secret.js';
import { readPlace } from './address.js';

/** `whsec_` and base64, one or more of them: the first is the one in use, the others are those that receivers may still check by. */
const SECRETS = /^whsec_[A-Za-z0-9+/]+={0,2}(?:\s+whsec_[A-Za-z0-9+/]+={0,2})*$/;
const BYTES = { least: 24, most: 64 };

/** The headers by which a receiver can tell that a body is from whoever has the secret, and is no old one (Standard Webhooks). Throws a sentence without a secret. */
export async function signatureHeaders(
  place: SecretPlace,
  message: { readonly id: string; readonly body: string; readonly now: number },
  env: Env,
): Promise<Readonly<Record<string, string>>> {
  const secrets = (await readPlace(place, 'secret', env, SECRETS)).split(/\s+/);
  const { id, body, now } = message;
  const seconds = Math.floor(now / 1_000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    if (key.length < BYTES.least || key.length > BYTES.most)
      throw new Error(
        `a secret has to have ${BYTES.least} to ${BYTES.most} bytes; make one: echo whsec_$(openssl rand -base64 32)`,
      );
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': signatures.join(' ') };
}
