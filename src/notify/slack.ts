import type { Channel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import type { Env } from '../net/secret.js';
import { readAddress } from './address.js';
import { factsOf, lineOf, signsOf } from './facts.js';
import type { Message } from './post.js';
import { escapeTo, oneLine } from './text.js';

type Slack = Extract<Channel, { kind: 'slack' | 'discord' }>;

/** A notice as a message for Slack's incoming webhook (Block Kit). Throws a sentence when its address cannot be read. */
export async function slackMessage(notice: Notice, channel: Slack, env: Env, page?: string): Promise<Message> {
  const url = await readAddress(channel.address, 'webhook', env);
  const body = JSON.stringify(slackBody(notice, page));
  return { url, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

/** In characters: Slack's own limits of a header and a section; less than its limit of a field, since all together must stay under some 13,000. */
const HEADER_LENGTH = 150;
const SECTION_LENGTH = 3_000;
const SIGNS_LENGTH = 2_000;
const FIELD_LENGTH = 300;

/** The message itself: `text` is what notifications show, the blocks are what the channel shows. Only plain text, so nothing in it is a mention or a link, but that to the page. */
export function slackBody(notice: Notice, page?: string): unknown {
  const [title, sentence, next] = [notice.title, notice.sentence, notice.next].map(oneLine);
  const signs = signsOf(notice).join('\n');
  const fields = factsOf(notice).map(([name, value]) => plain(FIELD_LENGTH, `${name}\n${value}`));
  return {
    text: plain(SECTION_LENGTH, lineOf(notice)).text,
    blocks: [
      { type: 'header', text: plain(HEADER_LENGTH, title) },
      { type: 'section', text: plain(SECTION_LENGTH, sentence || title) },
      ...(signs === '' ? [] : [{ type: 'section', text: plain(SIGNS_LENGTH, signs) }]),
      { type: 'section', fields },
      {
        type: 'context',
        elements: [
          plain(FIELD_LENGTH, `Next: ${next}`),
          ...(page === undefined ? [] : [{ type: 'mrkdwn', text: `<${escapeTo(SECTION_LENGTH, page, spell)}|Open the page>` }]),
        ],
      },
    ],
  };
}

function plain(length: number, text = '') {
  return { type: 'plain_text', text: escapeTo(length, text, spell) || '-', emoji: false };
}

/** Slack's three control characters. */
function spell(character: string): string {
  return ESCAPES[character] ?? character;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
