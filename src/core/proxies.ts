import type { MetricsPlace } from './metrics-access.js';

/** The gateways that send requests into the mesh, by Consul's own names. */
export const GATEWAY_KINDS = ['ingress-gateway', 'api-gateway', 'mesh-gateway'] as const;

export type GatewayKind = (typeof GATEWAY_KINDS)[number];

/** One proxy of the catalog, as far as it matters to whom it sends requests. */
export interface MeshProxy extends MetricsPlace {
  readonly kind: 'sidecar' | GatewayKind;
  /** The service that it stands before, or the gateway's own name. */
  readonly name: string;
  readonly id: string;
  readonly node: string;
  readonly datacenter?: string;
  readonly namespace?: string;
  readonly partition?: string;
  /** It takes all that its service sends, and so may call whatever intentions let it. */
  readonly isTransparent: boolean;
  readonly upstreams: readonly Upstream[];
}

/** One upstream of a sidecar, or what is configured for one (`*`: for all) that a transparent proxy may have. */
export interface Upstream {
  readonly name: string;
  readonly namespace?: string;
  readonly partition?: string;
  readonly datacenter?: string;
  /** It speaks plain tcp to it, by its own configuration or by that of the upstream. */
  readonly isTcp: boolean;
  /** It only says how, not that it calls. */
  readonly isConfigOnly: boolean;
}
