/** Where a record stands in Consul's history. */
export interface Indexed {
  CreateIndex: number;
  ModifyIndex: number;
}

/** A value as it travels in JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An object as it travels in JSON. */
export type JsonObject = { [key: string]: Json };

/** A key of the key-value store; `Value` in base64, null when empty. */
export interface KeyRecord extends Indexed {
  readonly Key: string;
  LockIndex: number;
  Flags: number;
  Value: string | null;
  Session?: string;
}

/** A session; `LockDelay` in nanoseconds, `TTL` as text, empty for none. */
export interface SessionRecord extends Indexed {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly LockDelay: number;
  readonly Behavior: 'release' | 'delete';
  readonly TTL: string;
  readonly NodeChecks: readonly string[] | null;
  readonly ServiceChecks: null;
}

/** A config entry: its canonical content, and the lists derived from it at the write. */
export interface EntryRecord extends Indexed {
  readonly kind: string;
  readonly name: string;
  readonly content: JsonObject;
  /** The content as JSON, to compare and to answer with. */
  readonly json: string;
  /** 64 bits, decimal: too wide for a JavaScript number. */
  readonly hash: string;
}

/** A node of the catalog. */
export interface NodeRecord extends Indexed {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Record<string, string> | null;
  readonly Meta: Record<string, string> | null;
}

/** The proxy part of a registration. */
export interface ProxyRecord {
  readonly DestinationServiceName?: string;
  readonly DestinationServiceID?: string;
  readonly LocalServiceAddress?: string;
  readonly LocalServicePort?: number;
  readonly Mode: string;
  readonly Config?: JsonObject;
  readonly Upstreams?: JsonObject[];
  readonly MeshGateway: JsonObject;
  readonly Expose: JsonObject;
}

/** A service instance of the catalog. */
export interface ServiceRecord extends Indexed {
  readonly node: string;
  readonly Kind?: string;
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses?: Record<string, { Address: string; Port: number }>;
  readonly Meta: Record<string, string> | null;
  readonly Port: number;
  readonly Weights: { Passing: number; Warning: number };
  readonly EnableTagOverride: boolean;
  readonly Proxy: ProxyRecord;
  readonly Connect: JsonObject;
}

/** How a check stands. */
export type CheckStatus = 'passing' | 'warning' | 'critical';

/** A health check of a node (`ServiceID` empty) or of a service instance. */
export interface CheckRecord extends Indexed {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  Status: CheckStatus;
  readonly Notes: string;
  Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[];
  readonly Type: string;
  readonly Interval: string;
  readonly Timeout: string;
  readonly ExposedPort: number;
  readonly Definition: JsonObject;
}
