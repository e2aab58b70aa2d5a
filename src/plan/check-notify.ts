import { ADDRESS_KEYS, CHANNEL_KINDS, type Channel, sameAddress } from '../core/channel.js';
import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { kindsOf, toChannels } from './normalise-notify.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

type NoticeText = PlanText['notify'][number];

/** What `notify` must say: one channel an item, one place for its address, variables by name, and no place twice. */
export function checkNotify({ notify }: PlanText): Problem[] {
  const problems = notify.flatMap((item, i) => checkItem(item, ['notify', i]));
  return problems.length > 0 ? problems : findRepeated(toChannels(notify));
}

function checkItem(item: NoticeText, path: Path): Problem[] {
  const [kind, second] = kindsOf(item);
  if (kind === undefined) return [errorAt(path, 'key', 'there is nobody to tell', `write ${choiceOf(CHANNEL_KINDS)}`)];
  const at = [...path, kind];
  if (second !== undefined)
    return [errorAt([...path, second], 'key', 'one item tells one channel, and this has two', 'make them two items')];
  if (kind === 'webhook') return checkWebhook(item.webhook!, at);
  const key = ADDRESS_KEYS[kind];
  return [...checkPlaces({ ...item[kind] }, [`${key}_file`, `${key}_env`], at), ...checkUrl(item.pagerduty?.url, at)];
}

function checkWebhook(webhook: NonNullable<NoticeText['webhook']>, at: Path): Problem[] {
  const { headers, token_file, secret_file, secret_env } = webhook;
  const signed = secret_file !== undefined || secret_env !== undefined;
  return [
    ...checkPlaces({ ...webhook }, ['url', 'url_file', 'url_env'], at),
    ...checkUrl(webhook.url, at),
    ...(signed ? checkPlaces({ secret_file, secret_env }, ['secret_file', 'secret_env'], at) : []),
    ...Object.entries(headers).flatMap(([name, value]) => checkHeader(name, value, token_file, [...at, 'headers', name])),
  ];
}

function checkHeader(
  name: string,
  value: Readonly<Record<string, string | undefined>>,
  token: string | undefined,
  path: Path,
): Problem[] {
  const own = name.toLowerCase();
  if (OWN_HEADERS.includes(own) || (own === 'authorization' && token !== undefined)) {
    const setter = own === 'authorization' ? 'token_file sets it' : 'splitter sets it itself';
    return [errorAt(path, 'key', `the header ${name} is not free: ${setter}`, 'remove it')];
  }
  return checkPlaces(value, ['file', 'env'], path);
}

const OWN_HEADERS: readonly string[] = [
  'content-type',
  'content-length',
  'host',
  'connection',
  'transfer-encoding',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];

function choiceOf(words: readonly string[]): string {
  return words.join(', ').replace(/, ([^,]*)$/, ' or $1');
}

function checkPlaces(given: Readonly<Record<string, unknown>>, keys: readonly string[], path: Path): Problem[] {
  const found = keys.filter((key) => given[key] !== undefined);
  if (found.length === 0) return [errorAt(path, 'key', 'it is not said where to find it', `write ${choiceOf(keys)}`)];
  if (found.length > 1)
    return [errorAt([...path, found[1]!], 'key', `both ${found[0]} and ${found[1]} are given`, 'write one of them')];
  const variable = found[0]!.endsWith('env') ? String(given[found[0]!]) : 'NAME';
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return [];
  return [errorAt([...path, found[0]!], 'value', 'this is no name of a variable', 'write its name alone, like SLACK_WEBHOOK')];
}

/** Two items with one address would tell everything twice, and only one of them could be kept track of. */
function findRepeated(channels: readonly Channel[]): Problem[] {
  return channels.flatMap((channel, i) => {
    const first = channels.findIndex((one) => sameAddress(one, channel));
    if (first === i) return [];
    return [
      errorAt(
        ['notify', i, channel.kind],
        'key',
        `it leads where notify ${first + 1} does`,
        'keep one, with all its kinds under on',
      ),
    ];
  });
}
