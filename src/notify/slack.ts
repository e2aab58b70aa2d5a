import type { Channel } from '../core/channel.js';
import { formatLegs } from '../core/legs.js';
import type { Notice } from '../core/notice.js';
import type { Env } from '../net/secret.js';
import { parseAddress, readPlace } from './address.js';
import type { Message } from './post.js';

/** A notice as a message for Slack's incoming webhook (Block Kit). Throws a sentence when its address cannot be read. */
export async function slackMessage(notice: Notice, channel: Extract<Channel, { kind: 'slack' }>, env: Env): Promise<Message> {
  const text = await readPlace(channel.address, 'webhook', env);
  const url = parseAddress(text, 'file' in channel.address ? 'webhook_file' : channel.address.env);
  return { url, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(slackBody(notice)) };
}

/** In characters: Slack's own limits of a header and a section; less than its limit of a field, since all together must stay under some 13,000. */
const HEADER_LENGTH = 150;
const SECTION_LENGTH = 3_000;
const FIELD_LENGTH = 500;
const EVIDENCE_LENGTH = 300;

/** The message itself: `text` is what notifications show, the blocks are what the channel shows. Only plain text, so nothing in it is a mention or a link. */
export function slackBody(notice: Notice): unknown {
  const { title, sentence, evidence, next, by, rollout, phase, reason, seq } = notice;
  const signs = evidence
    .slice(0, 5)
    .map(({ signal, verdict, message }) => cutTo(EVIDENCE_LENGTH, `${signal} ${verdict}: ${message}`))
    .join('\n');
  const fields = [
    ['Weights', formatLegs(notice.weights)],
    ['Phase', `${phase} (${reason})`],
    ['By', by],
    ['Rollout', `${rollout} #${seq}`],
  ];
  return {
    text: plain(SECTION_LENGTH, `${title}: ${sentence}`).text,
    blocks: [
      { type: 'header', text: plain(HEADER_LENGTH, title) },
      { type: 'section', text: plain(SECTION_LENGTH, sentence === '' ? title : sentence) },
      ...(signs === '' ? [] : [{ type: 'section', text: plain(SECTION_LENGTH, signs) }]),
      { type: 'section', fields: fields.map(([name, value]) => plain(FIELD_LENGTH, `${name}\n${value}`)) },
      { type: 'context', elements: [plain(FIELD_LENGTH, `Next: ${next}`)] },
    ],
  };
}

function plain(length: number, text: string) {
  return { type: 'plain_text', text: escapeTo(length, text) || '-', emoji: false };
}

/** The text with Slack's three control characters escaped, in so many characters at most; an escape is never cut in two. */
function escapeTo(length: number, text: string): string {
  let escaped = '';
  for (const character of harmless(text)) {
    const next = ESCAPES[character] ?? character;
    if (escaped.length + next.length > length - 1) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function cutTo(length: number, text: string): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that must go
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}
