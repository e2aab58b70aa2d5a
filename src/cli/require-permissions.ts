import { findLacking } from '../consul/authorize.js';
import { ConsulError, sayLacking } from '../consul/errors.js';
import { type Permission, policyLine, sayPermission } from '../core/permission.js';
import type { Plan } from '../core/plan.js';
import type { Context } from './context.js';

/** Ends with exit 7 when the token lacks any of these, and names them all, so that nothing is begun that could not be ended. */
export async function requirePermissions({ client }: Context, wanted: readonly Permission[]): Promise<void> {
  const lacking = await findLacking(client, wanted);
  if (lacking.length > 0) throw lackingError(lacking, client.settings.tokenFrom);
}

/** What applying the plan of a service writes. */
export function permissionsToApply(service: string, { prefix }: Context): readonly Permission[] {
  return [
    { resource: 'service', access: 'write', name: service },
    { resource: 'key', access: 'write', name: `${prefix}plans/${service}` },
  ];
}

/** What taking the split away writes: the entries, the applied plan, and the lock meanwhile. */
export function permissionsToRemove(service: string, context: Context): readonly Permission[] {
  return [
    ...permissionsToApply(service, context),
    { resource: 'key', access: 'write', name: `${context.prefix}drivers/${service}` },
  ];
}

/** What beginning or driving a rollout takes, from the lock to the log; by its plan where that is known. */
export function permissionsToDrive(service: string, { prefix }: Context, plan?: Plan): readonly Permission[] {
  const key = (name: string, access: Permission['access']): Permission => {
    return { resource: 'key', access, name: prefix + name };
  };
  return [
    { resource: 'service', access: 'write', name: service },
    key(`history/${service}/`, 'write'),
    key(`drivers/${service}`, 'write'),
    key(`plans/${service}`, 'read'),
    key('freeze', 'read'),
    key('controllers/', 'read'),
    ...(plan?.notify === undefined ? [] : [key(`notified/${service}`, 'write')]),
  ];
}

/** What a controller needs whatever it looks after. */
export function permissionsToControl(id: string, { prefix }: Context): readonly Permission[] {
  const key = (name: string, access: Permission['access']): Permission => {
    return { resource: 'key', access, name: prefix + name };
  };
  return [key(`controllers/${id}`, 'write'), key('freeze', 'read'), key('doorbell', 'read')];
}

function lackingError(lacking: readonly Permission[], tokenFrom: string): ConsulError {
  const words = lacking.map(sayPermission).join(', ');
  const lines = [...new Set(lacking.map(policyLine))];
  return new ConsulError(
    'denied',
    `this token lacks permission ${words} (token from ${tokenFrom}). Nothing was written`,
    sayLacking(lines, tokenFrom),
    true,
  );
}
