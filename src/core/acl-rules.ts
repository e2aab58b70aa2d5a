import type { Permission } from './permission.js';
import type { Plan } from './plan.js';

/** Who is to have a policy: whoever ramps, the controller, or whoever only looks. */
export type PolicyRole = 'operator' | 'controller' | 'viewer';

/** One rule of a policy and what it is for; with `prefix` it holds for every name that begins so. */
export interface AclRule extends Permission {
  readonly prefix: boolean;
  readonly why: string;
}

/** Services that a policy is for: one by its name, or with `prefix` all whose names begin so; with its plan where there is one. */
export interface PolicySubject {
  readonly name: string;
  readonly prefix: boolean;
  readonly plan?: Plan;
}

/** What a policy is made for; `callers` (services) and `gateways` are read by their names, and without any of them all are. */
export interface PolicyNeeds {
  readonly role: PolicyRole;
  /** Of splitter's keys in KV, with the slash at its end. */
  readonly kvPrefix: string;
  readonly callers: readonly string[];
  readonly gateways: readonly string[];
  /** Nodes of the Consul agents that are asked; without any, every node. */
  readonly agents: readonly string[];
  /** The controller follows a directory of plans. */
  readonly followsPlans: boolean;
}

/** A key below splitter's prefix that belongs to a service: what each role does with it; without a plan it may need all that any plan needs. */
interface KeyUse {
  readonly folder: string;
  readonly access: (role: PolicyRole, plan: Plan | undefined) => Permission['access'] | undefined;
  readonly why: string;
  /** One key for each rollout, below the service's name. */
  readonly many?: boolean;
}

const KEYS: readonly KeyUse[] = [
  { folder: 'plans', access: (role) => (role === 'operator' ? 'write' : 'read'), why: 'the applied plan' },
  {
    folder: 'history',
    access: (role) => (role === 'viewer' ? 'read' : 'write'),
    why: 'the decision log of each rollout',
    many: true,
  },
  {
    folder: 'drivers',
    access: (role, plan) => (role === 'operator' || (role === 'controller' && mayStart(plan)) ? 'write' : 'read'),
    why: 'the lock of whoever drives it',
  },
  {
    folder: 'notified',
    access: (role, plan) => (role === 'viewer' || (plan !== undefined && plan.notify === undefined) ? undefined : 'write'),
    why: 'how far the channels of its plan were told',
  },
  {
    folder: 'waves',
    access: (role, plan) => {
      if (plan !== undefined && plan.waves === undefined) return undefined;
      return role === 'controller' ? 'write' : 'read';
    },
    why: 'where its waves stand',
  },
  {
    folder: 'schedules',
    access: (role, plan) => (role === 'controller' && mayStart(plan) ? 'write' : undefined),
    why: 'what is remembered of its scheduled starts',
  },
];

/** Whether a controller may have to begin its rollouts. */
function mayStart(plan: Plan | undefined): boolean {
  return plan === undefined || plan.schedule?.start !== undefined;
}

/** What splitter asks of Consul about one subject in this role. */
export function rulesOf(subject: PolicySubject, needs: PolicyNeeds): readonly AclRule[] {
  return [...serviceRules(subject, needs), ...callerRules(subject, needs), ...keyRules(subject, needs)];
}

/** What splitter asks of Consul in this role, whatever the services. */
export function commonRules({ role, kvPrefix, agents }: PolicyNeeds): readonly AclRule[] {
  const key = (name: string, access: Permission['access'], why: string, prefix = false): AclRule => {
    return { resource: 'key', name: kvPrefix + name, prefix, access, why };
  };
  const node: AclRule = {
    resource: 'node',
    name: '',
    prefix: true,
    access: 'read',
    why: 'instances and their checks: Consul hides those of a node that may not be read',
  };
  const controllers = key(
    'controllers/',
    role === 'controller' ? 'write' : 'read',
    role === 'controller' ? 'registers itself, and hears of the others' : 'which controllers live',
    true,
  );
  if (role === 'viewer') return [node, key('freeze', 'read', 'whether advances are stopped'), controllers];
  const sessions: readonly AclRule[] = (agents.length === 0 ? [''] : agents).map((name) => ({
    resource: 'session',
    name,
    prefix: agents.length === 0,
    access: 'write',
    why:
      role === 'controller'
        ? 'its session, which ends when it dies: on the node of the agent that is asked'
        : 'the session that holds the lock of a drive: on the node of the agent that is asked',
  }));
  const own: readonly AclRule[] =
    role === 'controller'
      ? [
          key('freeze', 'read', 'whether advances are stopped'),
          key('doorbell', 'read', 'hears which service a command has just changed'),
        ]
      : [
          key('freeze', 'write', 'splitter freeze, which stops every service; with "read" it is only obeyed'),
          key('doorbell', 'write', 'tells the controllers at once what was changed'),
        ];
  return [node, ...own, controllers, ...sessions];
}

function serviceRules(subject: PolicySubject, { role }: PolicyNeeds): readonly AclRule[] {
  const { name, prefix, plan } = subject;
  const group = plan?.group?.name;
  const kinds = `service-defaults, -resolver and -splitter${plan !== undefined && plan.route === undefined ? '' : ', -router for a route'}`;
  const why = `${labelOf(subject)}: its config entries (${kinds}), its discovery chain and its instances`;
  return [
    { resource: 'service', name, prefix, access: role === 'viewer' ? 'read' : 'write', why },
    ...(prefix ? [] : [rule('service', `${name}-sidecar-proxy`, 'read', `${name}: its sidecars, counted by version and health`)]),
    ...(group === undefined ? [] : [rule('service', group, 'read', `whether ${group} is a service or the group`)]),
  ];
}

/** Only what measures reads the callers: what a driver measures, it tells whoever looks. */
function callerRules({ plan }: PolicySubject, { role, callers, gateways }: PolicyNeeds): readonly AclRule[] {
  if (role === 'viewer') return [];
  const named = [...new Set([...callers, ...(plan?.callers ?? [])])];
  if (named.includes('*') || (named.length === 0 && gateways.length === 0)) {
    const why = 'whoever calls: the sidecars and gateways that count the requests (--callers and --gateways name them instead)';
    return [{ resource: 'service', name: '', prefix: true, access: 'read', why }];
  }
  return [
    ...named.map((name) =>
      rule('service', `${name}-sidecar-proxy`, 'read', `${name}: its sidecars count the requests that it sends`),
    ),
    ...gateways.map((name) => rule('service', name, 'read', `${name}: the gateway counts the requests that it sends`)),
  ];
}

function keyRules(subject: PolicySubject, { role, kvPrefix, followsPlans }: PolicyNeeds): readonly AclRule[] {
  const { name, prefix, plan } = subject;
  const own = KEYS.flatMap(({ folder, access: accessFor, why, many = false }): readonly AclRule[] => {
    const access = folder === 'plans' && followsPlans ? 'write' : accessFor(role, plan);
    if (access === undefined) return [];
    const key = `${kvPrefix}${folder}/${name}${many && !prefix ? '/' : ''}`;
    return [{ resource: 'key', name: key, prefix: prefix || many, access, why: `${labelOf(subject)}: ${why}` }];
  });
  const group = plan?.group?.name;
  if (group === undefined) return own;
  return [...own, rule('key', `${kvPrefix}plans/${group}`, 'read', `whether ${group} is a service or the group`)];
}

function labelOf({ name, prefix }: PolicySubject): string {
  if (!prefix) return name;
  return name === '' ? 'every service' : `${name}*`;
}

function rule(resource: Permission['resource'], name: string, access: Permission['access'], why: string): AclRule {
  return { resource, name, prefix: false, access, why };
}
