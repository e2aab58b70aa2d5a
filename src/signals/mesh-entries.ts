import type { Entry } from '../core/entries.js';
import { isRecord } from '../core/is-record.js';
import type { ServiceRef } from '../core/plan.js';
import type { CatalogReader } from './catalog-reader.js';
import { scope } from './scope.js';

/** What the agent says of itself, as far as it bears on who may call whom; undefined where the token may not ask. */
export interface AgentFacts {
  readonly version: string | undefined;
  /** What holds where no intention matches. */
  readonly letsByDefault: boolean | undefined;
}

/** All entries of one kind that the token may see. Throws what the reader throws. */
export async function listEntries(
  catalog: CatalogReader,
  kind: string,
  where: ServiceRef,
  abort: AbortSignal,
): Promise<readonly Entry[]> {
  const { body } = await catalog.get(`/v1/config/${kind}`, scope(where), abort);
  return Array.isArray(body) ? body.filter(isRecord) : [];
}

/** Asks the agent. What it refuses to tell is undefined; throws when it cannot be reached. */
export async function readAgent(catalog: CatalogReader, abort: AbortSignal): Promise<AgentFacts> {
  let body: unknown;
  try {
    ({ body } = await catalog.get('/v1/agent/self', {}, abort));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'denied') throw error;
  }
  const { Config, DebugConfig } = isRecord(body) ? body : {};
  const version = isRecord(Config) && typeof Config.Version === 'string' ? Config.Version : undefined;
  return { version, letsByDefault: isRecord(DebugConfig) ? letsByDefault(DebugConfig) : undefined };
}

/** An agent's default intention policy, else what its ACLs do by default; without ACLs all is let. */
function letsByDefault({ DefaultIntentionPolicy, ACLsEnabled, ACLResolverSettings }: Entry): boolean {
  if (typeof DefaultIntentionPolicy === 'string' && DefaultIntentionPolicy !== '') return DefaultIntentionPolicy === 'allow';
  if (ACLsEnabled !== true) return true;
  return isRecord(ACLResolverSettings) && ACLResolverSettings.ACLDefaultPolicy === 'allow';
}
