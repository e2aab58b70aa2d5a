import type { ServiceRef } from '../core/plan.js';

/** The query parameters that say where a service lives, only those that it names. */
export function scope({ datacenter, namespace, partition }: ServiceRef): Readonly<Record<string, string>> {
  return {
    ...(datacenter === undefined ? {} : { dc: datacenter }),
    ...(namespace === undefined ? {} : { ns: namespace }),
    ...(partition === undefined ? {} : { partition }),
  };
}
