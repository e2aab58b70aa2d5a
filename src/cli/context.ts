import { hostname, userInfo } from 'node:os';
import { ConsulClient } from '../consul/client.js';
import { Doorbell } from '../consul/doorbell.js';
import { DriverLock } from '../consul/driver-lock.js';
import { FreezeKey } from '../consul/freeze-key.js';
import { ConsulKv } from '../consul/kv.js';
import { Membership } from '../consul/membership.js';
import { ConsulMesh } from '../consul/mesh.js';
import { Notified } from '../consul/notified.js';
import { type ConsulFlags, resolveSettings } from '../consul/settings.js';
import { StartMemoryKeys } from '../consul/start-memory.js';
import { Store } from '../consul/store.js';
import type { Clock, Programs } from '../ports.js';
import { createPrograms } from '../programs/run.js';
import type { CommandIo } from './io.js';

/** Flags that every command takes. */
export interface GlobalFlags extends ConsulFlags {
  readonly output?: 'text' | 'json';
  readonly kvPrefix?: string;
}

/** The parts that commands talk to Consul with. */
export interface Context {
  readonly io: CommandIo;
  readonly json: boolean;
  readonly client: ConsulClient;
  readonly mesh: ConsulMesh;
  readonly store: Store;
  readonly lock: DriverLock;
  readonly notified: Notified;
  readonly members: Membership;
  readonly starts: StartMemoryKeys;
  readonly doorbell: Doorbell;
  readonly freeze: FreezeKey;
  /** Under which all keys of splitter stand in KV, with the slash at its end. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly programs: Programs;
  /** Who asks, for records: SPLITTER_BY, or user@host. */
  readonly by: string;
}

/** Puts the parts together from flags and environment; nothing is sent yet. */
export function createContext(flags: GlobalFlags, io: CommandIo): Context {
  const client = new ConsulClient(resolveSettings(flags, io.env));
  io.atEnd(() => client.destroy());
  return contextOf(client, flags, io);
}

/** The parts of a command on this client. */
export function contextOf(client: ConsulClient, flags: GlobalFlags, io: CommandIo): Context {
  const kv = new ConsulKv(client);
  const prefix = (flags.kvPrefix ?? io.env.SPLITTER_KV_PREFIX ?? 'splitter/').replace(/\/*$/, '/');
  return {
    io,
    json: flags.output === 'json',
    client,
    mesh: new ConsulMesh(client),
    store: new Store(kv, prefix),
    lock: new DriverLock(client, kv, prefix),
    notified: new Notified(kv, prefix),
    members: new Membership(client, kv, prefix),
    starts: new StartMemoryKeys(kv, prefix),
    doorbell: new Doorbell(kv, prefix),
    freeze: new FreezeKey(kv, prefix),
    prefix,
    clock: systemClock,
    programs: createPrograms(io.env, systemClock),
    by: io.env.SPLITTER_BY || `${userName()}@${hostname()}`,
  };
}

/** The system's time. */
export const systemClock: Clock = { now: () => Date.now() };

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
