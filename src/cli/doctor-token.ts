import { findLacking } from '../consul/authorize.js';
import { policyLine, sayPermission } from '../core/permission.js';
import type { Check } from '../core/preflight.js';
import type { Context } from './context.js';
import { permissionsToDrive } from './require-permissions.js';

/** Whether the token may begin and drive a rollout of the service; names every permission that it lacks. */
export async function checkToken(context: Context, service: string): Promise<Check> {
  const lacking = await findLacking(context.client, permissionsToDrive(service, context));
  const { token, tokenFrom } = context.client.settings;
  const who = token === undefined ? 'whoever has no token' : `the token from ${tokenFrom}`;
  if (lacking.length === 0) return { name: 'token', verdict: 'ok', message: `${who} may ramp ${service}` };
  return {
    name: 'token',
    verdict: 'failed',
    message: `${who} may not ramp ${service}: it lacks permission ${lacking.map(sayPermission).join(', ')}`,
    hint: `its policy lacks ${[...new Set(lacking.map(policyLine))].join('; ')};   splitter acl-policy ${service}   prints all that it needs`,
  };
}
