import type { Channel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import { formatTime } from '../core/record.js';
import type { Env } from '../net/secret.js';
import { parseAddress, readPlace } from './address.js';
import { factsOf, lineOf, pathOf, signsOf, topicOf } from './facts.js';
import type { Message } from './post.js';
import { cutTo, harmless } from './text.js';

/** What an integration's key looks like. */
const ROUTING_KEY = /^[A-Za-z0-9]{32}$/;
const DEFAULT_URL = 'https://events.pagerduty.com';

/** A notice as events for PagerDuty, in their order: incidents for what needs a person, changes for the rest. Throws a sentence when the key cannot be read. */
export async function pagerdutyMessages(
  notice: Notice,
  channel: Extract<Channel, { kind: 'pagerduty' }>,
  env: Env,
  page?: string,
): Promise<readonly Message[]> {
  const routing_key = await readPlace(channel.address, 'routing_key', env, ROUTING_KEY);
  const base = parseAddress(channel.url ?? DEFAULT_URL, 'url');
  return eventsOf(notice, page).map(({ path, event }) => ({
    url: new URL(path, base),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ routing_key, ...event }),
  }));
}

interface PagerdutyEvent {
  readonly path: '/v2/enqueue' | '/v2/change/enqueue';
  readonly event: Readonly<Record<string, unknown>>;
}

const SUMMARY_LENGTH = 1_024;
const KEY_LENGTH = 255;
const SEVERITIES = { danger: 'critical', alarm: 'error', waits: 'warning' } as const;

/** The events of one notice, without the key. An incident belongs to the service and not to one rollout, so that a retry, which is a new rollout, ends it. */
export function eventsOf(notice: Notice, page?: string): readonly PagerdutyEvent[] {
  const { urgency } = notice;
  const dedup_key = cutTo(KEY_LENGTH, topicOf(notice));
  if (urgency === 'danger' || urgency === 'alarm' || urgency === 'waits') {
    const payload = { ...payloadOf(notice), severity: SEVERITIES[urgency], ...partsOf(notice) };
    const client = { client: 'splitter', ...(page === undefined ? {} : { client_url: page }) };
    return [{ path: '/v2/enqueue', event: { event_action: 'trigger', dedup_key, payload, ...client, ...linksOf(page) } }];
  }
  const change: PagerdutyEvent = { path: '/v2/change/enqueue', event: { payload: payloadOf(notice), ...linksOf(page) } };
  return urgency === 'over' ? [{ path: '/v2/enqueue', event: { event_action: 'resolve', dedup_key } }, change] : [change];
}

function payloadOf(notice: Notice): Readonly<Record<string, unknown>> {
  const facts = factsOf(notice).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    summary: cutTo(SUMMARY_LENGTH, lineOf(notice)),
    source: pathOf(notice).join('/'),
    timestamp: formatTime(notice.at),
    custom_details: { ...Object.fromEntries(facts), signals: signsOf(notice), next: harmless(notice.next) },
  };
}

function partsOf({ service, datacenter, namespace, reason }: Notice): Readonly<Record<string, unknown>> {
  const group = [datacenter, namespace].filter((part) => part !== undefined).join('/');
  return { component: service, ...(group === '' ? {} : { group }), class: reason };
}

function linksOf(page: string | undefined): { readonly links?: readonly unknown[] } {
  return page === undefined ? {} : { links: [{ href: page, text: 'The page of this rollout' }] };
}
