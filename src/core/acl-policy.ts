import { type AclRule, commonRules, type PolicyNeeds, type PolicySubject, rulesOf } from './acl-rules.js';

/** The rules of one namespace and partition; both are absent where no plan names any, as in the community edition. */
export interface PolicyScope {
  readonly partition?: string;
  readonly namespace?: string;
  readonly rules: readonly AclRule[];
}

const ORDER: readonly AclRule['resource'][] = ['service', 'node', 'key', 'session'];

/** The least policy with which splitter does its work for these subjects: each rule once, and none that another makes idle. */
export function aclPolicy(subjects: readonly PolicySubject[], needs: PolicyNeeds): readonly PolicyScope[] {
  const scopes = new Map<string, { partition?: string; namespace?: string; rules: AclRule[] }>();
  for (const subject of subjects) {
    const { partition, namespace } = subject.plan ?? {};
    const key = JSON.stringify([partition, namespace]);
    const scope = scopes.get(key) ?? {
      ...(partition === undefined ? {} : { partition }),
      ...(namespace === undefined ? {} : { namespace }),
      rules: [],
    };
    scopes.set(key, scope);
    scope.rules.push(...rulesOf(subject, needs));
  }
  return [...scopes.values()].map((scope) => ({ ...scope, rules: tidy([...scope.rules, ...commonRules(needs)]) }));
}

/** Consul goes by the longest name that fits, so a weaker rule within a stronger one would take away: it is left out, like what is there twice. */
function tidy(rules: readonly AclRule[]): readonly AclRule[] {
  const kept = rules.filter((rule, at) => !rules.some((other, i) => i !== at && covers(other, rule, i < at)));
  return ORDER.flatMap((resource) => kept.filter((rule) => rule.resource === resource));
}

function covers(one: AclRule, other: AclRule, isFirst: boolean): boolean {
  if (one.resource !== other.resource || (one.access === 'read' && other.access === 'write')) return false;
  const isSame = one.name === other.name && one.prefix === other.prefix;
  if (isSame) return isFirst || one.access !== other.access;
  return one.prefix && other.name.startsWith(one.name);
}
