import type { Channel } from '../core/channel.js';
import type { Notice, Urgency } from '../core/notice.js';
import { formatTime } from '../core/record.js';
import type { Env } from '../net/secret.js';
import { readAddress } from './address.js';
import { factsOf, lineOf, signsOf, threadOf } from './facts.js';
import type { Message } from './post.js';
import { cutTo, escapeTo, harmless } from './text.js';

type Discord = Extract<Channel, { kind: 'slack' | 'discord' }>;

/** A notice as a message for Discord's webhook, which answers only when the message is in the channel. Throws a sentence when its address cannot be read. */
export async function discordMessage(notice: Notice, channel: Discord, env: Env, page?: string): Promise<Message> {
  const url = await readAddress(channel.address, 'webhook', env);
  url.searchParams.set('wait', 'true');
  const body = JSON.stringify(discordBody(notice, page));
  return { url, headers: { 'content-type': 'application/json' }, body, readWait: retryAfterOf };
}

/** Milliseconds that Discord's answer to too many messages asks for; undefined when it says none. */
export function retryAfterOf(answer: unknown): number | undefined {
  const seconds = (answer as { retry_after?: unknown } | null)?.retry_after;
  return typeof seconds === 'number' && seconds >= 0 ? Math.ceil(seconds * 1_000) : undefined;
}

/** In characters: Discord's limit of the content, and less than its limits of an embed's parts, since these must stay under 6,000 together. */
const CONTENT_LENGTH = 2_000;
const SIGNS_LENGTH = 2_000;
const FIELD_LENGTH = 250;
const FOOTER_LENGTH = 300;

/** The message. Nothing in it calls anybody, and what others wrote is shown as they wrote it: no markup, no link. */
export function discordBody(notice: Notice, page?: string): unknown {
  const signs = [...signsOf(notice)].join('\n');
  const facts = factsOf(notice).map(([name, value]) => ({ name, value: inert(FIELD_LENGTH, value), inline: true }));
  const next = `\`${cutTo(FIELD_LENGTH, harmless(notice.next).replaceAll('`', "'"))}\``;
  const link = page === undefined ? {} : { title: 'Open the page', url: page };
  return {
    content: inert(CONTENT_LENGTH, lineOf(notice)),
    allowed_mentions: { parse: [] },
    embeds: [
      {
        ...link,
        ...(signs === '' ? {} : { description: inert(SIGNS_LENGTH, signs) }),
        ...COLOURS[notice.urgency],
        fields: [...facts, { name: 'Next', value: next, inline: false }],
        footer: { text: cutTo(FOOTER_LENGTH, threadOf(notice)) },
        timestamp: formatTime(notice.at),
      },
    ],
  };
}

const COLOURS: Readonly<Record<Urgency, { readonly color?: number }>> = {
  danger: { color: 0xb4232a },
  alarm: { color: 0xb4232a },
  waits: { color: 0xffc233 },
  over: {},
  news: {},
};

/** Every sign of Markdown, of a mention and of an emoji escaped; an address is broken, so that it is no link. */
function inert(length: number, text: string): string {
  const broken = harmless(text).replace(/(?<=:)\/\/|(?<=discord)\.gg/gi, '\u2060$&');
  return escapeTo(length, broken, (character) => (MARKUP.includes(character) ? `\\${character}` : character)) || '-';
}

const MARKUP = '\\*_~`|>#-[]()<@:+=';
