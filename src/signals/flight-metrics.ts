import type { ServiceRef } from '../core/plan.js';
import { ClusterLabels } from './cluster-labels.js';

/** What one caller has under way to a subset of a service, and to the service's own cluster. What Envoy has not used yet it does not show, and is 0. */
export interface OutboundFlight {
  readonly active: number;
  readonly sent: number;
  readonly earlier: number;
  readonly connections: number;
}

/** What one instance's sidecar has under way, from whoever the mesh lets in. */
export interface InboundFlight {
  readonly active: number;
  readonly received: number;
  readonly connections: number;
}

/** What to ask a page for, for `countOutbound`. */
export const OUTBOUND = `?usedonly&filter=${encodeURIComponent('upstream_(rq_(active|total)|cx_active)$')}`;
/** The same for `countInbound`; the unused ones too, for what is absent then is not there at all. */
export const INBOUND_FLIGHT = `?filter=${encodeURIComponent('^http[.]public_listener[.]downstream_(rq|cx)_(active|total)$')}`;
/** The same for `countOutbound` of what was sent alone. */
export const SENT = `?usedonly&filter=${encodeURIComponent('upstream_rq_total$')}`;

const LISTENER = 'envoy_http_conn_manager_prefix="public_listener"';

/** Counts on a caller's page. */
export function countOutbound(text: string, target: ServiceRef, subset: string): OutboundFlight {
  const labels = new ClusterLabels(target);
  const lines = text.split('\n').filter((line) => line.startsWith('envoy_cluster_'));
  const sum = (name: string, wanted: string): number => {
    const own = lines.filter((line) => line.startsWith(`envoy_cluster_${name}{`));
    return addUp(own.filter((line) => labels.subsetOf(line.slice(line.indexOf('{') + 1)) === wanted)) ?? 0;
  };
  return {
    active: sum('upstream_rq_active', subset),
    sent: sum('upstream_rq_total', subset),
    earlier: sum('upstream_rq_active', ''),
    connections: sum('upstream_cx_active', subset),
  };
}

/** Counts on the page of an instance's sidecar; undefined where its listener counts no HTTP. */
export function countInbound(text: string): InboundFlight | undefined {
  const lines = text.split('\n').filter((line) => line.includes(LISTENER));
  const sum = (name: string): number | undefined =>
    addUp(lines.filter((line) => line.startsWith(`envoy_http_downstream_${name}{`)));
  const [active, received, connections] = [sum('rq_active'), sum('rq_total'), sum('cx_active')];
  if (active === undefined || received === undefined || connections === undefined) return undefined;
  return { active, received, connections };
}

function addUp(lines: readonly string[]): number | undefined {
  if (lines.length === 0) return undefined;
  return lines.reduce(
    (sum, line) =>
      sum +
      Number(
        line
          .slice(line.lastIndexOf('}') + 1)
          .trim()
          .split(' ')[0],
      ),
    0,
  );
}
