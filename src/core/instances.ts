/** One instance in the catalog, by the worst of its checks; `version` is its own Service.Meta.version. */
export interface Instance {
  readonly id: string;
  readonly node: string;
  readonly status: 'passing' | 'warning' | 'critical';
  readonly version?: string;
  /** Of a sidecar: the id of the process that it stands for, on the same node. */
  readonly standsFor?: string;
}
