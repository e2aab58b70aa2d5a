import { FOREGROUND } from '../core/driver-lost.js';
import { metaOf } from '../core/entries.js';
import { readRecord } from '../core/record.js';
import { isFinal, type Rollout } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { Entries } from '../ports.js';
import type { Post } from './post.js';
import type { Sight } from './snapshot.js';

/** What a controller knows of a service that it is asked about. */
interface Known {
  readonly entries: Entries;
  readonly post: Post | undefined;
  readonly freeze: Freeze | undefined;
  /** Whether the foreground driver of the rollout is known to be gone. */
  readonly driverIsGone: boolean;
  /** The controller that answers for the service. */
  readonly owner: string | undefined;
}

/** A service as the page shows it; undefined when it has no splitter. */
export function sightOf(service: string, known: Known): Sight | undefined {
  const { entries, post, freeze } = known;
  if (entries.splitter === undefined && post === undefined) return undefined;
  const rollout = readRecord(metaOf(entries.splitter?.entry)) ?? post?.rollout;
  const live = post !== undefined && rollout?.id === post.rollout.id ? post : undefined;
  const frozen = freeze === undefined ? {} : { freeze };
  const bare = { ...entries, ...frozen, resolverSince: 0, instances: {}, agreement: 'unknown' as const, findings: [] };
  const seen = live === undefined ? bare : { ...live.observe(), ...entries };
  return { service, rollout, seen, plan: live?.plan, driver: rollout === undefined ? undefined : driverOf(rollout, known) };
}

function driverOf(rollout: Rollout, { driverIsGone, owner }: Known): Sight['driver'] {
  if (isFinal(rollout)) return undefined;
  const foreground = FOREGROUND.exec(rollout.driver)?.[1];
  if (foreground !== undefined && !driverIsGone) return { kind: foreground, id: rollout.driver };
  return owner === undefined ? undefined : { kind: 'controller', id: owner };
}
