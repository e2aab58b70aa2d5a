import type { ServiceRef } from '../core/plan.js';
import type { CatalogReader } from './catalog-reader.js';
import { scope } from './scope.js';

/** The protocol that callers speak to the service, by its compiled discovery chain: `tcp`, `http`, `http2` or `grpc`. Throws what the reader throws. */
export async function readProtocol(catalog: CatalogReader, target: ServiceRef, abort: AbortSignal): Promise<string> {
  const { body } = await catalog.get(`/v1/discovery-chain/${encodeURIComponent(target.service)}`, scope(target), abort);
  const protocol = (body as { readonly Chain?: { readonly Protocol?: string } } | null)?.Chain?.Protocol;
  if (!protocol) throw new Error(`the discovery chain of ${target.service} names no protocol`);
  return protocol;
}
