import { ADDRESS_KEYS, CHANNEL_KINDS, type Channel } from '../core/channel.js';
import { isRetiredConnector, RETIRED_CONNECTOR } from '../core/retired-connector.js';
import type { Refused } from './later.js';
import { child, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** Finds secrets that stand in the plan's `notify` itself, before any other check could repeat them in its message. */
export function findOpenSecrets(root: PlanNode): Refused {
  const list = child(root, 'notify');
  const problems = (list?.kind === 'list' ? list.items : []).flatMap((item, i) => [
    ...CHANNEL_KINDS.flatMap((kind) => findIn(child(item, kind), ['notify', i, kind], kind)),
    ...findValues(child(child(item, 'webhook'), 'headers'), ['notify', i, 'webhook', 'headers']),
  ]);
  return { problems, paths: problems.map(({ path }) => path) };
}

/** Keys that would hold a secret itself, and the one in which an address may stand. */
const SECRET_KEYS: readonly string[] = ['webhook', 'routing_key', 'secret', 'token'];
const FREE_KEY = 'url';

/** Every address in a channel but its `url`, and every other secret. */
function findIn(node: PlanNode | undefined, path: Path, kind: Channel['kind']): Problem[] {
  if (node?.kind === 'scalar') return typeof node.value === 'string' ? [refuse(node, path, kind)] : [];
  const entries = node?.kind === 'map' ? node.entries : [];
  return entries.flatMap(({ key, value }) => {
    if (value.kind !== 'scalar' || typeof value.value !== 'string' || key === FREE_KEY) return [];
    return SECRET_KEYS.includes(key) || looksSecret(value.value, kind) ? [refuse(value, [...path, key], kind)] : [];
  });
}

function refuse(node: PlanNode, path: Path, kind: Channel['kind']): Problem {
  const text = node.kind === 'scalar' ? String(node.value) : '';
  if (isRetiredConnector(text)) return errorAt(path, 'value', RETIRED_CONNECTOR.message, RETIRED_CONNECTOR.hint);
  const said = String(path.at(-1)).replace(/_(?:file|env)$/, '');
  const key = Object.hasOwn(SECRETS, said) ? said : ADDRESS_KEYS[kind];
  const hint = `write it into a file, and here ${kind}: { ${key}_file: /path/to/file }`;
  return errorAt(path, 'value', `${SECRETS[key] ?? 'the address may be a secret'}, and a plan holds no secrets`, hint);
}

const SECRETS: Readonly<Record<string, string>> = {
  routing_key: 'a routing key is a secret',
  token: 'a token is a secret',
  secret: 'what messages are signed with is a secret',
};

function findValues(headers: PlanNode | undefined, path: Path): Problem[] {
  const entries = headers?.kind === 'map' ? headers.entries.filter(({ value }) => value.kind === 'scalar') : [];
  return entries.map(({ key }) =>
    errorAt(
      [...path, key],
      'value',
      'the value of a header may be a secret, and a plan holds no secrets',
      `write it into a file, and here ${key}: { file: /path/to/file }`,
    ),
  );
}

function looksSecret(text: string, kind: Channel['kind']): boolean {
  if (/^\s*(?:https?:|whsec_)/i.test(text)) return true;
  return kind === 'pagerduty' && /^\s*[A-Za-z0-9]{32}\s*$/.test(text);
}
