import { statSync } from 'node:fs';
import { aclPolicy } from '../core/acl-policy.js';
import type { PolicyNeeds, PolicyRole, PolicySubject } from '../core/acl-rules.js';
import { policyDocument, printPolicy } from '../plan/print-policy.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';
import { loadGivenPlans, refuseVariables, type VariableFlags } from './variables.js';

/** Flags of `splitter acl-policy`. */
export interface AclPolicyFlags extends VariableFlags {
  readonly controller?: boolean;
  readonly readOnly?: boolean;
  readonly followsPlans?: boolean;
  readonly callers?: readonly string[];
  readonly gateways?: readonly string[];
  readonly agents?: readonly string[];
  readonly kvPrefix?: string;
  readonly output?: string;
}

/** `splitter acl-policy [SERVICE|PLAN|DIR…]`: the least policy of Consul's ACLs with which splitter does its work for these; touches no Consul. */
export async function printAclPolicy(names: readonly string[], flags: AclPolicyFlags, io: Io): Promise<ExitCode> {
  const role = roleOf(flags);
  if (flags.followsPlans === true && role !== 'controller')
    throw new CommandError('--follows-plans belongs to --controller', 'splitter acl-policy --controller --follows-plans plans/');
  const lists = { '--callers': flags.callers, '--gateways': flags.gateways, '--agents': flags.agents };
  for (const [flag, values] of Object.entries(lists))
    if (values?.includes('')) throw new CommandError(`${flag} has an empty name`, `splitter acl-policy payments ${flag} NAME`);
  const subjects = await readSubjects(names, flags, io);
  if (subjects === undefined) return EXIT.planInvalid;
  const { callers = [], gateways = [], agents = [], followsPlans = false } = flags;
  const kvPrefix = (flags.kvPrefix ?? io.env.SPLITTER_KV_PREFIX ?? 'splitter/').replace(/\/*$/, '/');
  const needs: PolicyNeeds = { role, kvPrefix, callers, gateways, agents, followsPlans };
  const scopes = aclPolicy(subjects, needs);
  const seesAll = scopes.some(({ rules }) => rules.some(({ resource, name }) => resource === 'service' && name === ''));
  const isBounded = subjects.every(({ name }) => name !== '');
  if (role === 'controller' && seesAll && isBounded)
    io.err(
      'Warning: with this policy the controller reads every service, so it also sees rollouts of services that it may not write\n  -> name who calls: --callers web --gateways ingress\n',
    );
  if (flags.output === 'json') printJson(io, policyDocument(scopes));
  else io.out(printPolicy(headOf(names, subjects, flags, role), scopes));
  return EXIT.done;
}

function roleOf({ controller = false, readOnly = false }: AclPolicyFlags): PolicyRole {
  if (controller && readOnly)
    throw new CommandError('--controller and --read-only exclude each other', 'print two policies, one for each token');
  if (controller) return 'controller';
  return readOnly ? 'viewer' : 'operator';
}

/** What is named: plans by their files, services by their names, a prefix by a `*` at its end; nothing is every service. Undefined when a plan is not valid, which is printed then. */
async function readSubjects(
  names: readonly string[],
  flags: VariableFlags,
  io: Io,
): Promise<readonly PolicySubject[] | undefined> {
  const files = names.filter(isFile);
  for (const name of names)
    if (!isFile(name) && isDirectory(name)) io.err(`${name} is taken as a service; ${name}/ would be the directory of plans\n`);
  const named = names.filter((name) => !isFile(name)).map(subjectOf);
  if (names.length === 0) return [{ name: '', prefix: true }];
  if (files.length === 0) {
    refuseVariables(flags, 'variables are those of a plan', 'splitter acl-policy plans/ --var …');
    return named;
  }
  const { plans, diagnostics } = await loadGivenPlans(files, flags, io, false);
  if (await reportDiagnostics(io, diagnostics)) return undefined;
  const planned = plans.map(({ plan }) => ({ name: plan.service, prefix: false, plan }));
  const found = [...planned, ...named.filter(({ name, prefix }) => prefix || planned.every((one) => one.name !== name))];
  if (found.length > 0) return found;
  throw new CommandError(`${files.join(', ')} has no plan`, 'name a service, a plan or a directory of plans', EXIT.planInvalid);
}

function isFile(name: string): boolean {
  return name === '-' || /[/.]/.test(name);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function subjectOf(name: string): PolicySubject {
  const prefix = name.endsWith('*');
  const bare = prefix ? name.slice(0, -1) : name;
  if (bare.includes('*') || (bare === '' && !prefix))
    throw new CommandError(`"${name}" names no service`, "splitter acl-policy payments   or   splitter acl-policy 'shop-*'");
  return { name: bare, prefix };
}

function describeSubject({ name, prefix }: PolicySubject): string {
  if (!prefix) return name;
  return name === '' ? 'every service' : `services ${name}*`;
}

const PURPOSES: Readonly<Record<PolicyRole, string>> = {
  operator: 'for an operator who ramps',
  controller: 'for a controller (splitter run) of',
  viewer: 'for looking only (status, list, history, subsets) at',
};

function headOf(
  names: readonly string[],
  subjects: readonly PolicySubject[],
  flags: AclPolicyFlags,
  role: PolicyRole,
): readonly string[] {
  const who = [...new Set(subjects.map(describeSubject))];
  const places = [...new Set(subjects.flatMap(({ plan }) => plan?.datacenter ?? []))];
  const waves = [...new Set(subjects.flatMap(({ plan }) => plan?.waves?.map(({ name }) => name) ?? []))];
  return [
    `Consul ACL policy ${PURPOSES[role]} ${who.join(', ')} with splitter, and no more.`,
    `Made by: ${commandLine(names, flags)}`,
    'To use it:',
    `  consul acl policy create -name splitter-${role} -rules @this-file${places.length === 0 ? '' : places.map((place) => ` -valid-datacenter ${place}`).join('')}`,
    `  consul acl token create -policy-name splitter-${role} -description "who it is for"`,
    ...(waves.length === 0
      ? []
      : [
          `Each wave (${waves.join(', ')}) has a Consul of its own: make this policy with --controller there too, for its token_file.`,
        ]),
  ];
}

function commandLine(names: readonly string[], flags: AclPolicyFlags): string {
  const list = (flag: string, values: readonly string[] | undefined): readonly string[] =>
    values === undefined ? [] : [flag, ...values.map(quoteWord)];
  const words = [
    'splitter acl-policy',
    ...names.map(quoteWord),
    ...(flags.controller === true ? ['--controller'] : []),
    ...(flags.readOnly === true ? ['--read-only'] : []),
    ...(flags.followsPlans === true ? ['--follows-plans'] : []),
    ...(flags.var ?? []).flatMap((given) => ['--var', quoteWord(given)]),
    ...(flags.varFile ?? []).flatMap((file) => ['--var-file', quoteWord(file)]),
    ...list('--callers', flags.callers),
    ...list('--gateways', flags.gateways),
    ...list('--agents', flags.agents),
    ...list('--kv-prefix', flags.kvPrefix === undefined ? undefined : [flags.kvPrefix]),
  ];
  return words.join(' ');
}

function quoteWord(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
