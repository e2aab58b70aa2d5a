/** Reads Consul's HTTP API: the parsed JSON of `GET path` (path with `/v1`); throws with a sentence when Consul cannot answer. */
export interface CatalogReader {
  get(path: string, query: Readonly<Record<string, string>>, abort: AbortSignal): Promise<unknown>;
}
