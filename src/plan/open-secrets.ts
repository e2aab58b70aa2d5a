import type { Refused } from './later.js';
import { child, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** Finds secrets that stand in the plan's `notify` itself, before any other check could repeat them in its message. */
export function findOpenSecrets(root: PlanNode): Refused {
  const list = child(root, 'notify');
  const problems = (list?.kind === 'list' ? list.items : []).flatMap((item, i) => [
    ...findAddresses(child(item, 'slack'), ['notify', i, 'slack']),
    ...findAddresses(child(item, 'webhook'), ['notify', i, 'webhook']),
    ...findValues(child(child(item, 'webhook'), 'headers'), ['notify', i, 'webhook', 'headers']),
  ]);
  return { problems, paths: problems.map(({ path }) => path) };
}

/** Every address in a channel but a webhook's `url`. */
function findAddresses(node: PlanNode | undefined, path: Path): Problem[] {
  const kind = path.at(-1);
  const key = kind === 'slack' ? 'webhook_file' : 'url_file';
  const hint = `write it into a file, and here ${kind}: { ${key}: /path/to/file }`;
  const refuse = (at: Path): Problem => errorAt(at, 'value', 'the address may be a secret, and a plan holds no secrets', hint);
  if (node?.kind === 'scalar') return isAddress(node) ? [refuse(path)] : [];
  const entries = node?.kind === 'map' ? node.entries : [];
  return entries.flatMap(({ key: name, value }) =>
    isAddress(value) && !(kind === 'webhook' && name === 'url') ? [refuse([...path, name])] : [],
  );
}

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

function isAddress(node: PlanNode): boolean {
  return node.kind === 'scalar' && typeof node.value === 'string' && /^\s*https?:/i.test(node.value);
}
