/** What Consul's ACLs are asked about: a resource by its name, to be read or written. */
export interface Permission {
  readonly resource: 'service' | 'node' | 'key' | 'session';
  readonly access: 'read' | 'write';
  readonly name: string;
}

const RESOURCES: readonly string[] = ['service', 'node', 'key', 'session'];

/** The permission that a refusal of Consul names; undefined where it names none that splitter asks for. */
export function parsePermission(refusal: string): Permission | undefined {
  const [, resource, asked, name] = /lacks permission '(\w+):(\w+)' on "([^"]*)"/.exec(refusal) ?? [];
  if (resource === undefined || name === undefined || !RESOURCES.includes(resource)) return undefined;
  // Consul may be set to tell listing keys from reading them; who may do one here may do the other.
  const access = asked === 'list' ? 'read' : asked;
  return access === 'read' || access === 'write' ? { resource: resource as Permission['resource'], access, name } : undefined;
}

/** As Consul says it: `'service:write' on "payments"`. */
export function sayPermission({ resource, access, name }: Permission): string {
  return `'${resource}:${access}' on "${name}"`;
}

/** The line of a policy that gives it. Logs and controllers come and go under their prefix, so that is what the line names. */
export function policyLine({ resource, access, name }: Permission): string {
  const [, under] = resource === 'key' ? (/^(.*(?:history\/[^/]+|controllers)\/|.*\/$)/.exec(name) ?? []) : [];
  if (under === undefined) return `${resource} "${name}" { policy = "${access}" }`;
  return `key_prefix "${under}" { policy = "${access === 'read' ? 'list' : access}" }`;
}
