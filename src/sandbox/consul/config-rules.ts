import { parseNanoseconds } from './duration.js';
import { Failure, listErrors } from './failure.js';
import { FilterSyntaxError, parseFilter } from './filter-syntax.js';
import type { JsonObject } from './records.js';
import { checkRoutes } from './router-rules.js';

const META = { pairs: 64, key: 128, value: 512 };
const PROTOCOLS = new Set(['', 'tcp', 'http', 'http2', 'grpc']);
const POLICIES = new Set(['', 'random', 'round_robin', 'least_request', 'ring_hash', 'maglev']);
const HASH_POLICIES = new Set(['ring_hash', 'maglev']);
const SUBSET_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A subset as an entry holds it. */
export interface SubsetContent {
  readonly Filter?: string;
  readonly OnlyPassing?: boolean;
}

/** One line of a splitter as an entry holds it. */
export interface SplitContent {
  readonly Weight: number;
  readonly Service?: string;
  readonly ServiceSubset?: string;
  readonly Namespace?: string;
  readonly Partition?: string;
}

/** The field rules of the entry's kind, in Consul's order and words; throws a Failure of status 500. Also rounds weights, as Consul stores them. */
export function checkFields(kind: string, content: JsonObject): void {
  if (kind === 'proxy-defaults' && content.Name !== 'global') {
    throw new Failure(500, `invalid name (${JSON.stringify(content.Name)}), only "global" is supported`);
  }
  if (content.Name === '') throw new Failure(500, 'Name is required');
  if (kind === 'service-defaults') checkDefaults(content);
  if (kind === 'service-splitter') checkSplitter(content);
  if (kind === 'service-resolver') checkResolver(content);
  if (kind === 'service-router') {
    checkMeta(content);
    checkRoutes(content);
  }
  if (kind === 'proxy-defaults') checkMeta(content);
}

function checkDefaults(content: JsonObject): void {
  const protocol = String(content.Protocol).toLowerCase();
  content.Protocol = protocol;
  const findings = findMetaTroubles(content);
  if (!PROTOCOLS.has(protocol)) findings.push(`invalid value for protocol: ${protocol}`);
  if (findings.length > 0) throw new Failure(500, listErrors(findings));
}

function checkSplitter(content: JsonObject): void {
  const splits = content.Splits as unknown as { Weight: number }[];
  for (const split of splits) split.Weight = Math.round(split.Weight * 100) / 100;
  if (splits.length === 0) throw new Failure(500, 'no splits configured');
  checkMeta(content);
  const seen = new Set<string>();
  let sum = 0;
  for (const split of splits as SplitContent[]) {
    const { Service = String(content.Name), ServiceSubset = '', Namespace = '', Partition = '' } = split;
    const place = `service="${Service}", subset="${ServiceSubset}", namespace="${Namespace}", partition="${Partition}"`;
    if (seen.has(place)) throw new Failure(500, `split destination occurs more than once: ${place}`);
    seen.add(place);
    sum += Math.round(split.Weight * 100);
  }
  if (sum !== 10_000)
    throw new Failure(500, `the sum of all split weights must be 100, not ${Math.fround(sum / 100).toFixed(6)}`);
}

function checkResolver(content: JsonObject): void {
  checkMeta(content);
  const subsets = (content.Subsets ?? {}) as Readonly<Record<string, SubsetContent>>;
  for (const [name, subset] of Object.entries(subsets)) checkSubset(name, subset);
  const chosen = content.DefaultSubset;
  if (chosen !== undefined && !Object.hasOwn(subsets, String(chosen))) {
    throw new Failure(500, `DefaultSubset "${chosen}" is not a valid subset`);
  }
  checkDetours(content, subsets);
  for (const field of ['ConnectTimeout', 'RequestTimeout']) {
    const value = content[field];
    if (typeof value === 'string' && (parseNanoseconds(value) ?? 0) < 0)
      throw new Failure(500, `Bad ${field} '${value}', must be >= 0`);
  }
  checkBalancer(content.LoadBalancer as JsonObject | undefined);
}

function checkSubset(name: string, { Filter = '' }: SubsetContent): void {
  if (name === '') throw new Failure(500, 'Subset defined with empty name');
  if (!SUBSET_NAME.test(name)) {
    throw new Failure(
      500,
      `Subset ${JSON.stringify(name)} is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, ` +
        "and contain lower case alphanumeric characters or '-' in between",
    );
  }
  try {
    if (Filter !== '') parseFilter(Filter);
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    throw new Failure(500, `Filter for subset "${name}" is not a valid expression: ${error.message}`);
  }
}

function checkDetours(content: JsonObject, subsets: object): void {
  const redirect = content.Redirect as JsonObject | undefined;
  const failover = (content.Failover ?? {}) as Readonly<Record<string, JsonObject>>;
  if (redirect !== undefined) {
    if (Object.keys(failover).length > 0) throw new Failure(500, 'Redirect and Failover cannot both be set');
    if (Object.keys(redirect).length === 0) throw new Failure(500, 'Redirect is empty');
  }
  for (const [name, target] of Object.entries(failover)) {
    if (name !== '*' && !Object.hasOwn(subsets, name))
      throw new Failure(500, `Bad Failover["${name}"]: not a valid subset subset`);
    if (
      !['Service', 'ServiceSubset', 'Namespace', 'Targets', 'SamenessGroup', 'Datacenters'].some(
        (field) => target[field] !== undefined,
      )
    ) {
      throw new Failure(
        500,
        `Bad Failover["${name}"]: one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters is required`,
      );
    }
  }
}

function checkBalancer(balancer: JsonObject | undefined): void {
  if (balancer === undefined) return;
  const policy = String(balancer.Policy ?? '');
  if (!POLICIES.has(policy)) throw new Failure(500, `Bad LoadBalancer policy: "${policy}" is not supported`);
  if (balancer.HashPolicies !== undefined && !HASH_POLICIES.has(policy)) {
    throw new Failure(500, `Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: "${policy}"`);
  }
}

function checkMeta(content: JsonObject): void {
  const findings = findMetaTroubles(content);
  if (findings.length > 0) throw new Failure(500, listErrors(findings));
}

function findMetaTroubles(content: JsonObject): string[] {
  const meta = (content.Meta ?? {}) as Readonly<Record<string, string>>;
  const findings: string[] = [];
  if (Object.keys(meta).length > META.pairs) findings.push(`Meta exceeds maximum element count ${META.pairs}`);
  for (const [key, value] of Object.entries(meta)) {
    if (Buffer.byteLength(key) > META.key) findings.push(`Meta key "${key}" exceeds maximum length ${META.key}`);
    if (Buffer.byteLength(value) > META.value) findings.push(`Meta value for key "${key}" exceeds maximum length ${META.value}`);
  }
  return findings;
}
