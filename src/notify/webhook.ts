import type { Channel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import { formatTime } from '../core/record.js';
import { type Env, readSecret } from '../net/secret.js';
import { parseAddress, readHeader, readPlace } from './address.js';
import type { Message } from './post.js';

type Webhook = Extract<Channel, { kind: 'webhook' }>;

/** A notice as a message for any receiver of CloudEvents, in the structured mode of its HTTP binding. Throws a sentence when a secret cannot be read. */
export async function webhookMessage(notice: Notice, channel: Webhook, env: Env): Promise<Message> {
  const url = await addressOf(channel, env);
  const own = Object.entries(channel.headers ?? {});
  const values = await Promise.all(own.map(async ([name, place]) => [name, await readHeader(name, place, env)] as const));
  const token = channel.tokenFile === undefined ? undefined : await readSecret(channel.tokenFile, 'token_file');
  return {
    url,
    headers: {
      ...Object.fromEntries(values),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/cloudevents+json; charset=utf-8',
    },
    body: JSON.stringify(cloudEvent(notice)),
  };
}

async function addressOf({ address }: Webhook, env: Env): Promise<URL> {
  if ('url' in address) return parseAddress(address.url, 'url');
  return parseAddress(await readPlace(address, 'url', env), 'file' in address ? 'url_file' : address.env);
}

/** Texts are cut to this: an event has to stay under 64 KiB, even where JSON writes each character as six. */
const TEXT_LENGTH = 2_000;
const EVIDENCE_LENGTH = 500;

/** The event (CloudEvents 1.0). Its id is the same at every repetition, so that a receiver can tell one; weights are in percent. */
export function cloudEvent(notice: Notice): unknown {
  const { service, namespace, partition, datacenter, rollout, seq, kind, at, title, sentence, phase, reason } = notice;
  const { stable, canary, weights, by, driver, evidence, next } = notice;
  const path = [datacenter, partition, namespace, service].filter((part) => part !== undefined);
  return {
    specversion: '1.0',
    id: `${service}/${rollout}/${seq}`,
    source: `/${path.map(encodeURIComponent).join('/')}`,
    type: `dev.splitter.rollout.${kind}`,
    time: formatTime(at),
    subject: service,
    datacontenttype: 'application/json',
    data: {
      service,
      ...Object.fromEntries(Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined)),
      ...{ rollout, seq, kind, phase, reason, stable, canary, by, driver, next },
      title: cut(title, TEXT_LENGTH),
      message: cut(sentence, TEXT_LENGTH),
      weights: Object.fromEntries(weights.map((leg) => [leg.subset, leg.weight / 100])),
      signals: evidence.map((one) => ({ ...one, message: cut(one.message, EVIDENCE_LENGTH) })),
    },
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
