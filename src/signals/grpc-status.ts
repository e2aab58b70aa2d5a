/** Names of the statuses by number; see https://grpc.io/docs/guides/status-codes/. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/**
 * The statuses that are the server's fault, as a 5xx is; the same that OpenTelemetry's conventions call errors of a server. The others
 * (NOT_FOUND, INVALID_ARGUMENT, …) are right answers to what a caller asked, as a 4xx is.
 */
const FAULTS: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** The name of a status; what gRPC does not define is UNKNOWN, as its clients have it. */
function nameOf(status: string): string {
  return NAMES[Number(status)] ?? 'UNKNOWN';
}

/** A status for people: `14 UNAVAILABLE`. */
export function sayStatus(status: string): string {
  return `${status} ${nameOf(status)}`;
}

/**
 * Calls that the server is to blame for. Envoy's own 503 is counted as class 5xx AND as status 14; of `serverErrors` (class 5xx) only those beyond the
 * bad statuses are taken for answers without any status, so that none counts twice.
 */
export function countFaults(statuses: ReadonlyMap<string, number>, serverErrors: number): number {
  const bad = [...statuses].reduce((sum, [status, calls]) => sum + (FAULTS.has(nameOf(status)) ? calls : 0), 0);
  return Math.max(bad, serverErrors);
}

/** Why answers of a subset are no evidence. */
export function explainSilence(service: string, subset: string): string {
  return `${service} speaks gRPC and ${subset} answers, but no sidecar has counted a gRPC status of it: no call has ended yet, its answers have no status, or the caller's listener has no grpc_stats filter`;
}
