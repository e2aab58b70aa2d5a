import type { Channel } from '../core/channel.js';
import type { Notice, Urgency } from '../core/notice.js';
import { isRetiredConnector, RETIRED_CONNECTOR } from '../core/retired-connector.js';
import type { Env } from '../net/secret.js';
import { readAddress, readPlace } from './address.js';
import { factsOf, lineOf, signsOf } from './facts.js';
import type { Message } from './post.js';
import { cutTo, harmless } from './text.js';

type Teams = Extract<Channel, { kind: 'teams' }>;

/** A notice as an adaptive card for a flow of Microsoft Teams. Throws a sentence when its address cannot be read, or leads to what Microsoft has ended. */
export async function teamsMessage(notice: Notice, channel: Teams, env: Env, page?: string): Promise<Message> {
  const url = await readAddress(channel.address, 'webhook', env);
  if (isRetiredConnector(url.href)) throw new Error(`${RETIRED_CONNECTOR.message}; ${RETIRED_CONNECTOR.hint}`);
  const card = adaptiveCard(notice, page);
  const body = JSON.stringify(channel.format === 'card' ? card : around(card));
  return { url, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}

/** Whether an address that can be read here is one of a connector that Microsoft has ended; one that cannot be read may be right. */
export async function leadsToRetired({ address }: Teams, env: Env): Promise<boolean> {
  const text = await readPlace(address, 'webhook', env).catch(() => '');
  return isRetiredConnector(text);
}

/** What the flow of Teams' own template takes. */
function around(content: unknown): unknown {
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** In UTF-16 units, of which JSON in UTF-8 takes three bytes each at most: all of it has to stay under Teams' 28 KB. */
const LINE_LENGTH = 1_500;
const SIGN_LENGTH = 300;
const FACT_LENGTH = 200;

/** Teams shows no card of a newer version. */
const VERSION = '1.4';

/** The card. Its texts are runs, which take no Markdown, and have nothing that Teams fills in: what others wrote is shown as they wrote it. */
export function adaptiveCard(notice: Notice, page?: string): unknown {
  const [first, ...more] = [lineOf(notice), ...signsOf(notice)];
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: VERSION,
    fallbackText: inert(LINE_LENGTH, first!),
    msteams: { width: 'Full' },
    body: [
      {
        type: 'Container',
        ...STYLES[notice.urgency],
        items: [textOf([{ text: inert(LINE_LENGTH, first!), weight: 'Bolder' }])],
      },
      ...more.map((sign) => textOf([{ text: inert(SIGN_LENGTH, sign) }])),
      ...factsOf(notice).map(([name, value]) =>
        textOf([{ text: `${name}: `, isSubtle: true }, { text: inert(FACT_LENGTH, value) }], 'None'),
      ),
      textOf([
        { text: 'Next: ', isSubtle: true },
        { text: inert(FACT_LENGTH, notice.next), fontType: 'Monospace' },
      ]),
    ],
    ...(page === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open the page', url: page }] }),
  };
}

const STYLES: Readonly<Record<Urgency, { readonly style?: 'attention' | 'warning' }>> = {
  danger: { style: 'attention' },
  alarm: { style: 'attention' },
  waits: { style: 'warning' },
  over: {},
  news: {},
};

interface Run {
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly isSubtle?: true;
  readonly fontType?: 'Monospace';
}

function textOf(runs: readonly Run[], spacing?: 'None'): unknown {
  const inlines = runs.map((run) => ({ type: 'TextRun', ...run }));
  return { type: 'RichTextBlock', ...(spacing === undefined ? {} : { spacing }), inlines };
}

/** Without what Teams fills in with dates (`{{…}}`), or with people (`<at>`). */
function inert(length: number, text: string): string {
  return (
    cutTo(
      length,
      harmless(text)
        .replaceAll('{{', '{ {')
        .replace(/<(?=\/?at\b)/gi, '\u2039'),
    ) || '-'
  );
}
