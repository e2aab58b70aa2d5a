/** What a request to Consul is about, as a label: few values, however many services there are. `watch` is a blocking query, which is slow by design. */
export type ConsulKind = 'config' | 'kv' | 'session' | 'catalog' | 'health' | 'chain' | 'watch' | 'other';

const KINDS: ReadonlyMap<string, ConsulKind> = new Map([
  ['config', 'config'],
  ['kv', 'kv'],
  ['session', 'session'],
  ['catalog', 'catalog'],
  ['health', 'health'],
  ['discovery-chain', 'chain'],
]);

/** The kind of a request by its path below /v1, like `/config/service-splitter/payments`. */
export function consulKind(path: string, blocking = false): ConsulKind {
  return blocking ? 'watch' : (KINDS.get(/^\/*([\w-]*)/.exec(path)?.[1] ?? '') ?? 'other');
}
