import type { Channel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import type { Env } from '../net/secret.js';
import type { Notifier } from '../ports.js';
import { type Message, post } from './post.js';
import { PATIENCE, type Patience, sendInRound } from './round.js';
import { slackMessage } from './slack.js';
import { webhookMessage } from './webhook.js';

/** Sends notices over the plan's channels, their secrets taken from this environment and the files that the plan names. */
export function createNotifier(env: Env, patience: Patience = PATIENCE): Notifier {
  return {
    send: async (notice, channel, abort) => {
      let message: Message;
      try {
        message = await messageFor(notice, channel, env);
      } catch (error) {
        // A file that is not there yet, or not right, can be put right: nothing is lost until then.
        return { kind: 'later', why: (error as Error).message };
      }
      return sendInRound(() => post(message, patience.attempt, abort), patience, abort);
    },
  };
}

function messageFor(notice: Notice, channel: Channel, env: Env): Promise<Message> {
  switch (channel.kind) {
    case 'slack':
      return slackMessage(notice, channel, env);
    case 'webhook':
      return webhookMessage(notice, channel, env);
  }
}
