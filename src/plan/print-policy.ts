import type { PolicyScope } from '../core/acl-policy.js';
import type { AclRule } from '../core/acl-rules.js';
import { quoteHcl } from './print-hcl.js';

type Rules = Readonly<Record<string, unknown>>;

/** A policy as `consul acl policy create -rules @FILE` takes it: what each rule is for in a comment above it, and these lines at its head. */
export function printPolicy(head: readonly string[], scopes: readonly PolicyScope[]): string {
  const blocks = scopes.flatMap((scope) => wrap(scope, scope.rules.map(printRule)));
  return [comment(head), ...blocks].join('\n');
}

/** The same as the JSON that Consul takes for rules. */
export function policyDocument(scopes: readonly PolicyScope[]): Rules {
  let document: Rules = {};
  for (const scope of scopes) {
    const rules = scope.rules.reduce<Rules>(
      (all, rule) => merge(all, { [blockOf(rule)]: { [rule.name]: settingsOf(rule) } }),
      {},
    );
    const spaced = scope.namespace === undefined ? rules : { namespace: { [scope.namespace]: rules } };
    document = merge(document, scope.partition === undefined ? spaced : { partition: { [scope.partition]: spaced } });
  }
  return document;
}

function printRule(rule: AclRule): string {
  const settings = Object.entries(settingsOf(rule));
  const width = Math.max(...settings.map(([key]) => key.length));
  const lines = settings.map(([key, value]) => `  ${key.padEnd(width)} = ${quoteHcl(value)}\n`);
  return `${comment([rule.why])}${blockOf(rule)} ${quoteHcl(rule.name)} {\n${lines.join('')}}\n`;
}

function blockOf({ resource, prefix }: AclRule): string {
  return prefix ? `${resource}_prefix` : resource;
}

/**
 * Whoever may write a service may read its intentions unless they are denied; splitter needs none. Keys that are read by their prefix are listed: Consul
 * may be set to ask for that by its own name (acl.enable_key_list_policy), and else it means the same as to read.
 */
function settingsOf({ resource, prefix, access }: AclRule): Readonly<Record<string, string>> {
  if (resource === 'key' && prefix && access === 'read') return { policy: 'list' };
  return resource === 'service' ? { policy: access, intentions: 'deny' } : { policy: access };
}

function wrap({ partition, namespace }: PolicyScope, blocks: readonly string[]): readonly string[] {
  const spaced = namespace === undefined ? blocks : [within('namespace', namespace, blocks)];
  return partition === undefined ? spaced : [within('partition', partition, spaced)];
}

function within(kind: 'namespace' | 'partition', name: string, blocks: readonly string[]): string {
  return `${kind} ${quoteHcl(name)} {\n${blocks.join('\n').replace(/^(?=.)/gm, '  ')}}\n`;
}

function comment(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '#\n' : `# ${line}\n`)).join('');
}

function merge(one: Rules, other: Rules): Rules {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const present = merged[key];
    merged[key] = isRules(present) && isRules(value) ? merge(present, value) : value;
  }
  return merged;
}

function isRules(value: unknown): value is Rules {
  return typeof value === 'object' && value !== null;
}
