import type { Channel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import type { Env } from '../net/secret.js';
import type { Notifier, Sent } from '../ports.js';
import { discordMessage } from './discord.js';
import { pagerdutyMessages } from './pagerduty.js';
import { type Message, post } from './post.js';
import { PATIENCE, type Patience, sendInRound } from './round.js';
import { slackMessage } from './slack.js';
import { teamsMessage } from './teams.js';
import { webhookMessage } from './webhook.js';

/** What messages are made with. */
export interface NotifierParts {
  /** Where addresses and secrets are, and the files that hold them. */
  readonly env: Env;
  /** The address of the page, for links; undefined where people cannot reach it. */
  readonly page?: string | undefined;
  /** Where a service is whose plan does not say; undefined when that cannot be told. Never rejects. */
  readonly datacenterOf?: (service: string) => Promise<string | undefined>;
}

/** Sends notices over the plan's channels. */
export function createNotifier(parts: NotifierParts, patience: Patience = PATIENCE): Notifier {
  return {
    send: async (notice, channel, abort) => {
      let messages: readonly Message[];
      try {
        messages = await messagesFor(await locate(notice, parts), channel, parts);
      } catch (error) {
        // A file that is not there yet, or not right, can be put right: nothing is lost until then.
        return { kind: 'later', why: (error as Error).message };
      }
      let sent: Sent = { kind: 'sent' };
      for (const message of messages) {
        sent = await sendInRound(() => post(message, patience.attempt, abort), patience, abort);
        if (sent.kind !== 'sent') break;
      }
      return sent;
    },
  };
}

/** Why a channel cannot be told with this environment, in a sentence: a secret that is missing or is none. Undefined when a message can be made; nothing is sent. */
export async function whyUntold(channel: Channel, env: Env): Promise<string | undefined> {
  try {
    await messagesFor(NOTHING, channel, { env });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const NOBODY = { subset: '', version: undefined, had: undefined, asked: 0, observed: undefined };
/** A notice that is never sent. */
const NOTHING: Notice = {
  ...{
    service: '',
    rollout: '',
    seq: 0,
    kind: 'started',
    at: 0,
    title: '',
    sentence: '',
    phase: '',
    reason: '',
    by: '',
    driver: '',
  },
  ...{ urgency: 'news', step: { index: 0, of: 0 }, stable: NOBODY, canary: NOBODY, weights: [], index: undefined, evidence: [] },
  next: '',
};

async function locate(notice: Notice, { datacenterOf }: NotifierParts): Promise<Notice> {
  const datacenter = notice.datacenter ?? (await datacenterOf?.(notice.service));
  return datacenter === undefined ? notice : { ...notice, datacenter };
}

async function messagesFor(notice: Notice, channel: Channel, { env, page }: NotifierParts): Promise<readonly Message[]> {
  const link = page === undefined ? undefined : `${page.replace(/\/+$/, '')}/#/rollouts/${encodeURIComponent(notice.service)}`;
  switch (channel.kind) {
    case 'slack':
      return [await slackMessage(notice, channel, env, link)];
    case 'discord':
      return [await discordMessage(notice, channel, env, link)];
    case 'teams':
      return [await teamsMessage(notice, channel, env, link)];
    case 'pagerduty':
      return pagerdutyMessages(notice, channel, env, link);
    case 'webhook':
      return [await webhookMessage(notice, channel, env, link)];
  }
}
