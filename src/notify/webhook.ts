import type { Channel } from '../core/channel.js';
import type { Notice, Side } from '../core/notice.js';
import { formatTime } from '../core/record.js';
import { type Env, readSecret } from '../net/secret.js';
import { parseAddress, readAddress, readHeader } from './address.js';
import { pathOf } from './facts.js';
import type { Message } from './post.js';
import { signatureHeaders } from './signature.js';
import { cutTo } from './text.js';

type Webhook = Extract<Channel, { kind: 'webhook' }>;

/** A notice as a message for any receiver of CloudEvents, in the structured mode of its HTTP binding. Throws a sentence when a secret cannot be read. */
export async function webhookMessage(notice: Notice, channel: Webhook, env: Env, page?: string): Promise<Message> {
  const { address, secret, tokenFile } = channel;
  const url = 'url' in address ? parseAddress(address.url, 'url') : await readAddress(address, 'url', env);
  const own = Object.entries(channel.headers ?? {});
  const values = await Promise.all(own.map(async ([name, place]) => [name, await readHeader(name, place, env)] as const));
  const token = tokenFile === undefined ? undefined : await readSecret(tokenFile, 'token_file');
  const body = JSON.stringify(cloudEvent(notice, page));
  // A dot would end the id in what is signed.
  const id = encodeURI(idOf(notice)).replaceAll('.', '%2E');
  const signed = secret === undefined ? {} : await signatureHeaders(secret, { id, body, now: Date.now() }, env);
  return {
    url,
    headers: {
      ...Object.fromEntries(values),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...signed,
      'content-type': 'application/cloudevents+json; charset=utf-8',
    },
    body,
  };
}

/** Texts are cut to this: an event has to stay under 64 KiB, even where JSON writes each character as six. */
const TEXT_LENGTH = 2_000;
const EVIDENCE_LENGTH = 500;

/** The event (CloudEvents 1.0). Its id is the same at every repetition, so that a receiver can tell one; weights are in percent. */
export function cloudEvent(notice: Notice, page?: string): unknown {
  const { service, namespace, partition, datacenter, rollout, seq, kind, at, title, sentence, phase, reason, urgency } = notice;
  const { stable, canary, weights, by, driver, evidence, next, index } = notice;
  const step = { index: notice.step.index, of: notice.step.of ?? null };
  return {
    specversion: '1.0',
    id: idOf(notice),
    source: `/${pathOf(notice).map(encodeURIComponent).join('/')}`,
    type: `dev.splitter.rollout.${kind}`,
    time: formatTime(at),
    subject: service,
    datacontenttype: 'application/json',
    data: {
      service,
      ...Object.fromEntries(Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined)),
      ...{ rollout, seq, kind, urgency, phase, reason, step, stable: stable.subset, canary: canary.subset, by, driver, next },
      index: index ?? null,
      title: cutTo(TEXT_LENGTH, title),
      message: cutTo(TEXT_LENGTH, sentence),
      weights: Object.fromEntries(weights.map((leg) => [leg.subset, leg.weight / 100])),
      traffic: { stable: sideOf(stable), canary: sideOf(canary) },
      signals: evidence.map((one) => ({ ...one, message: cutTo(EVIDENCE_LENGTH, one.message) })),
      ...(page === undefined ? {} : { page }),
    },
  };
}

/** What never became an entry of the log has no number of its own. */
function idOf({ service, rollout, seq, kind }: Notice): string {
  return `${service}/${rollout}/${seq}${kind === 'stuck' ? '/stuck' : ''}`;
}

function sideOf({ subset, version, had, asked, observed }: Side): unknown {
  const percent = (share: number | undefined): number | null => (share === undefined ? null : share / 100);
  return { subset, version: version ?? null, had: percent(had), asked: percent(asked), observed: percent(observed) };
}
