import { CHANNEL_KINDS, type Channel, NOTICE_KINDS, type SecretPlace } from '../core/channel.js';
import { given } from './given.js';
import type { PlanText } from './schema.js';

type NoticeText = PlanText['notify'][number];

/** The channels of `notify` in normal form; only one that has passed `checkNotify` means anything. */
export function toChannels(notify: PlanText['notify']): readonly Channel[] {
  return notify.flatMap((item) => {
    const [kind] = kindsOf(item);
    return kind === undefined ? [] : [toChannel(kind, item)];
  });
}

/** The channels that an item names. */
export function kindsOf(item: NoticeText): readonly Channel['kind'][] {
  return CHANNEL_KINDS.filter((kind) => item[kind] !== undefined);
}

function toChannel(kind: Channel['kind'], item: NoticeText): Channel {
  const on = NOTICE_KINDS.filter((one) => item.on.includes(one));
  switch (kind) {
    case 'slack':
    case 'discord':
      return { kind, address: toPlace(item[kind]?.webhook_file, item[kind]?.webhook_env), on };
    case 'teams': {
      const { webhook_file, webhook_env, format } = item.teams!;
      return { kind, address: toPlace(webhook_file, webhook_env), ...(format === 'card' ? { format } : {}), on };
    }
    case 'pagerduty': {
      const { routing_key_file, routing_key_env, url } = item.pagerduty!;
      return { kind, address: toPlace(routing_key_file, routing_key_env), ...given('url', url), on };
    }
    case 'webhook':
      return toWebhook(item.webhook!, on);
  }
}

function toWebhook(text: NonNullable<NoticeText['webhook']>, on: Channel['on']): Channel {
  const { url, url_file, url_env, headers, token_file, secret_file, secret_env } = text;
  const named = Object.entries(headers).map(([name, { file, env }]) => [name.toLowerCase(), toPlace(file, env)] as const);
  const signed = secret_file !== undefined || secret_env !== undefined;
  return {
    kind: 'webhook',
    address: url === undefined ? toPlace(url_file, url_env) : { url },
    ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
    ...given('tokenFile', token_file),
    ...(signed ? { secret: toPlace(secret_file, secret_env) } : {}),
    on,
  };
}

function toPlace(file: string | undefined, env: string | undefined): SecretPlace {
  return file === undefined ? { env: env ?? '' } : { file };
}
