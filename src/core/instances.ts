import type { Instances } from './observation.js';

/** One instance in the catalog, by the worst of its checks; `version` is its own Service.Meta.version. */
export interface Instance {
  readonly id: string;
  readonly node: string;
  readonly status: 'passing' | 'warning' | 'critical';
  /** Registered with a warning weight of 0: in warning it gets nothing. */
  readonly muted?: true;
  readonly version?: string;
  /** Of a sidecar: the id of the process that it stands for, on the same node. */
  readonly standsFor?: string;
}

/** Counts the instances of one subset; `onlyPassing` as its resolver says. */
export function countByStatus(instances: readonly Instance[], onlyPassing: boolean): Instances {
  const count = (status: Instance['status']): number => instances.filter((one) => one.status === status).length;
  const skipped = instances.filter(({ status, muted }) => status === 'warning' && (onlyPassing || muted === true)).length;
  const counts = { passing: count('passing'), warning: count('warning'), critical: count('critical') };
  return skipped === 0 ? counts : { ...counts, skipped };
}
