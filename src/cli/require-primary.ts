import { ConsulError } from '../consul/errors.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';

/** Ends with exit 1 where the config entries are kept by another datacenter: controllers that share no log, locks and freeze would drive against each other. A Consul that does not answer is waited for later. */
export async function requirePrimary({ mesh }: Context): Promise<void> {
  const federation = await mesh.readFederation().catch((error: unknown) => {
    if (error instanceof ConsulError) return undefined;
    throw error;
  });
  if (federation === undefined || federation.home === federation.primary) return;
  const { home, primary } = federation;
  throw new CommandError(
    `${home} takes its config entries from ${primary}: controllers run in ${primary}, for all datacenters`,
    `set CONSUL_HTTP_ADDR (or -http-addr) to an agent of ${primary}`,
  );
}
