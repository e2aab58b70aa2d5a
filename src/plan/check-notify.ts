import { type Channel, sameAddress } from '../core/channel.js';
import { checkUrl } from './check-url.js';
import type { Path } from './node.js';
import { toChannels } from './normalise-notify.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

type NoticeText = PlanText['notify'][number];

/** What `notify` must say: one channel an item, one place for its address, variables by name, and no place twice. */
export function checkNotify({ notify }: PlanText): Problem[] {
  const problems = notify.flatMap((item, i) => checkItem(item, ['notify', i]));
  return problems.length > 0 ? problems : findRepeated(toChannels(notify));
}

function checkItem({ slack, webhook }: NoticeText, path: Path): Problem[] {
  if (slack !== undefined && webhook !== undefined)
    return [errorAt([...path, 'webhook'], 'key', 'one item tells one channel, and this has two', 'make them two items')];
  if (slack !== undefined) return checkPlaces(slack, ['webhook_file', 'webhook_env'], [...path, 'slack']);
  if (webhook === undefined) return [errorAt(path, 'key', 'there is nobody to tell', 'write slack or webhook')];
  const { headers, token_file, ...address } = webhook;
  const at = [...path, 'webhook'];
  return [
    ...checkPlaces(address, ['url', 'url_file', 'url_env'], at),
    ...checkUrl(webhook.url, at),
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
];

function checkPlaces(given: Readonly<Record<string, string | undefined>>, keys: readonly string[], path: Path): Problem[] {
  const found = keys.filter((key) => given[key] !== undefined);
  const choice = keys.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (found.length === 0) return [errorAt(path, 'key', 'it is not said where to find it', `write ${choice}`)];
  if (found.length > 1)
    return [errorAt([...path, found[1]!], 'key', `both ${found[0]} and ${found[1]} are given`, 'write one of them')];
  const variable = found[0]!.endsWith('env') ? given[found[0]!]! : 'NAME';
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
