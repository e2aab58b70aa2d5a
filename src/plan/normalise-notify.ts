import { type Channel, NOTICE_KINDS, type SecretPlace } from '../core/channel.js';
import { given } from './given.js';
import type { PlanText } from './schema.js';

/** The channels of `notify` in normal form; only one that has passed `checkNotify` means anything. */
export function toChannels(notify: PlanText['notify']): readonly Channel[] {
  return notify.map(({ slack, webhook, on: kinds }): Channel => {
    const on = NOTICE_KINDS.filter((kind) => kinds.includes(kind));
    if (webhook === undefined) return { kind: 'slack', address: toPlace(slack?.webhook_file, slack?.webhook_env), on };
    const { url, url_file, url_env, headers, token_file } = webhook;
    const named = Object.entries(headers).map(([name, { file, env }]) => [name.toLowerCase(), toPlace(file, env)] as const);
    return {
      kind: 'webhook',
      address: url === undefined ? toPlace(url_file, url_env) : { url },
      ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
      ...given('tokenFile', token_file),
      on,
    };
  });
}

function toPlace(file: string | undefined, env: string | undefined): SecretPlace {
  return file === undefined ? { env: env ?? '' } : { file };
}
