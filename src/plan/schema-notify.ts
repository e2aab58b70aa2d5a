import { z } from 'zod';
import { NOTICE_KINDS, USUAL_NOTICES } from '../core/channel.js';
import { ARROW } from './leaf.js';

const file = (what: string) => z.string().min(1).describe(`File that holds ${what}`);
const env = (what: string) => z.string().min(1).describe(`Variable of the environment that holds ${what}`);

const CHAT = {
  webhook_file: file('the address of the incoming webhook').optional(),
  webhook_env: env('the address of the incoming webhook').optional(),
};

const slack = z
  .strictObject(CHAT)
  .describe("Slack, or what takes Slack's messages; `webhook_file` or `webhook_env`, exactly one of them");

const discord = z
  .strictObject(CHAT)
  .describe('A channel of Discord, by its webhook; `webhook_file` or `webhook_env`, exactly one of them');

const teams = z
  .strictObject({
    webhook_file: file('the address of the flow').optional(),
    webhook_env: env('the address of the flow').optional(),
    format: z
      .enum(['message', 'card'])
      .default('message')
      .describe("What the flow takes: `message` is what the flow of Teams' template does, `card` the bare adaptive card"),
  })
  .describe('Microsoft Teams, by a flow (Workflows); `webhook_file` or `webhook_env`, exactly one of them');

const pagerduty = z
  .strictObject({
    routing_key_file: file("the integration's key").optional(),
    routing_key_env: env("the integration's key").optional(),
    url: z
      .string()
      .min(1)
      .optional()
      .describe('Where events go; default: https://events.pagerduty.com (EU: https://events.eu.pagerduty.com)'),
  })
  .describe('PagerDuty, by Events API v2; `routing_key_file` or `routing_key_env`, exactly one of them');

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, {
  error: `is no name of a header${ARROW}write it like X-Api-Key`,
});

const webhook = z
  .strictObject({
    url: z.string().min(1).optional().describe('Address, where it is no secret'),
    url_file: file('the address').optional(),
    url_env: env('the address').optional(),
    headers: z
      .record(
        headerName,
        z
          .strictObject({ file: file('the value').optional(), env: env('the value').optional() })
          .describe('Where the value is kept: `file` or `env`, exactly one of them'),
      )
      .default({})
      .describe('Further headers; their values may be secrets, so they come from a file or the environment'),
    token_file: file('a token, sent as Authorization: Bearer').optional(),
    secret_file: file(
      'what messages are signed with, as Standard Webhooks has it: whsec_ and base64; several, one a line, while it is changed',
    ).optional(),
    secret_env: env('what messages are signed with').optional(),
  })
  .describe('Any HTTP receiver of CloudEvents, by POST; `url`, `url_file` or `url_env`, exactly one of them');

/** One item of `notify`: who is told, and of what. */
export const notifySchema = z
  .strictObject({
    slack: slack.optional(),
    teams: teams.optional(),
    discord: discord.optional(),
    pagerduty: pagerduty.optional(),
    webhook: webhook.optional(),
    on: z
      .array(z.enum(NOTICE_KINDS))
      .min(1)
      .default([...USUAL_NOTICES])
      .describe('What is told; without it all but the steps'),
  })
  .meta({
    title: 'Notice',
    description: 'Who is told of what happens: `slack`, `teams`, `discord`, `pagerduty` or `webhook`, exactly one of them',
  });
