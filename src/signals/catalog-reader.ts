/** What Consul answered: parsed JSON, and whether ACLs have hidden part of it. */
export interface CatalogAnswer {
  readonly body: unknown;
  readonly hidden: boolean;
}

/** Reads Consul's HTTP API by `GET path` (path with `/v1`); throws with a sentence when Consul cannot answer. */
export interface CatalogReader {
  get(path: string, query: Readonly<Record<string, string>>, abort: AbortSignal): Promise<CatalogAnswer>;
}
