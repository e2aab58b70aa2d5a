import type { Snapshot } from './envoy-metrics.js';
import { isEnvoyPage } from './page-facts.js';

/** What an instance's own sidecar counted: answers by class, of all that came in from the mesh; and how gRPC calls ended. */
export type Inbound = Readonly<Record<'classes' | 'statuses', Snapshot>>;

/**
 * The listener that the mesh reaches an instance by counts every request that was answered, one that an intention refused too; one that
 * its caller gave up is in no class (Envoy 1.36, Consul 1.22). gRPC statuses are counted at the cluster behind it.
 */
const ANSWERED = 'envoy_http_downstream_rq_xx{';
const LISTENER = 'envoy_http_conn_manager_prefix="public_listener"';
const STATUS = 'envoy_cluster_grpc_';
const APP = 'envoy_cluster_name="local_app"';
const RAW_NAMES = ['^http[.]public_listener[.]downstream_rq_.xx$', '^cluster[.]local_app[.]grpc[.](.*[.])?[0-9]+$'];

/** What to ask a page for: only counters that moved, and of these only what is read here. */
export const INBOUND = `?usedonly&filter=${encodeURIComponent(RAW_NAMES.join('|'))}`;

/** Picks them out of the page of an instance of this subset. Throws when the text is not Envoy's. */
export function parseInbound(text: string, subset: string): Inbound {
  if (!isEnvoyPage(text)) throw new Error('the answer is no metrics page of Envoy');
  const classes = new Map<string, number>();
  const statuses = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line.startsWith(ANSWERED)) {
      const digit = /envoy_response_code_class="(\d)"/.exec(line)?.[1];
      if (line.includes(LISTENER)) addLine(classes, digit, line);
    } else if (line.startsWith(STATUS) && line.includes(APP)) {
      // The status ends the name; what Envoy sums up beside it ends with a word.
      addLine(statuses, /^envoy_cluster_grpc_(?:.*_)?(\d+)\{/.exec(line)?.[1], line);
    }
  }
  const snapshot = (values: Map<string, number>): Snapshot => new Map([[subset, { subset, values }]]);
  return { classes: snapshot(classes), statuses: snapshot(statuses) };
}

function addLine(values: Map<string, number>, key: string | undefined, line: string): void {
  const value = Number(line.slice(line.lastIndexOf('}') + 1).trim());
  if (key !== undefined && Number.isFinite(value)) values.set(key, (values.get(key) ?? 0) + value);
}
