import { hostname } from 'node:os';
import type { HeldLock, LiveState } from '../ports.js';
import type { ConsulClient } from './client.js';
import { ConsulError } from './errors.js';
import type { ConsulKv } from './kv.js';

/** Who drives a service, as the value of its lock says, refreshed with every beat. Times in ms. */
export interface DriverInfo {
  readonly id: string;
  readonly kind: 'ramp' | 'start' | 'promote' | 'undo' | 'remove' | 'drill';
  readonly host: string;
  readonly pid: number;
  readonly by: string;
  readonly since: number;
  readonly beat: number;
  /** What the driver sees just now, for others' `status`. */
  readonly live?: LiveState;
}

const SESSION = { Name: 'splitter driver', TTL: '10s', Behavior: 'delete', LockDelay: '1ms', NodeChecks: [] };
/** A driver beats every second; one that was silent for so long is gone. */
const SILENCE = 5_000;

/** The lock of a service's driver: a key held by a TTL session. A dead holder is recognised by its process or its silence, and replaced. */
export class DriverLock {
  readonly #client: ConsulClient;
  readonly #kv: ConsulKv;
  readonly #prefix: string;

  constructor(client: ConsulClient, kv: ConsulKv, prefix: string) {
    this.#client = client;
    this.#kv = kv;
    this.#prefix = prefix.replace(/\/*$/, '/');
  }

  /** Takes the lock, or says who holds it. Waits up to five seconds to tell a silent holder from a living one. */
  async take(
    service: string,
    info: Omit<DriverInfo, 'host' | 'pid' | 'since' | 'beat'>,
    now: () => number,
    onWait: (holder: DriverInfo) => void,
  ): Promise<HeldLock | DriverInfo> {
    const own: DriverInfo = { ...info, host: hostname(), pid: process.pid, since: now(), beat: now() };
    const key = this.#key(service);
    const session = await this.#createSession();
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        if (await this.#kv.acquire(key, JSON.stringify(own), session)) return this.#held(key, session, own, now);
        const { found, index } = await this.#kv.read(key);
        if (found?.session === undefined) continue;
        const holder = parseInfo(found.value);
        if (holder !== undefined && (await this.#lives(key, holder, found.value, index, onWait))) {
          await this.#destroySession(session);
          return holder;
        }
        await this.#destroySession(found.session);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } catch (error) {
      await this.#destroySession(session).catch(() => undefined);
      throw error;
    }
    await this.#destroySession(session);
    throw new ConsulError('rejected', `the lock ${key} could not be taken`, 'try again in a few seconds');
  }

  /** Who drives the service now; undefined when nobody does. A holder whose process is gone, or that has been silent, does not count. */
  async read(service: string, now: number): Promise<DriverInfo | undefined> {
    const { found } = await this.#kv.read(this.#key(service));
    const info = found?.session === undefined ? undefined : parseInfo(found.value);
    if (info === undefined) return undefined;
    const gone = isOwnHost(info) ? !isRunning(info.pid) : now - info.beat > 2 * SILENCE;
    return gone ? undefined : info;
  }

  #held(key: string, session: string, own: DriverInfo, now: () => number): HeldLock {
    return {
      beat: async (live) => {
        const renewed = await this.#client.call({
          method: 'PUT',
          path: `/session/renew/${session}`,
          what: 'renewing the driver session',
          repeatable: true,
        });
        if (renewed.status === 404) return false;
        const value: DriverInfo = { ...own, beat: now(), ...(live === undefined ? {} : { live }) };
        return this.#kv.acquire(key, JSON.stringify(value), session);
      },
      release: () => this.#destroySession(session),
    };
  }

  async #lives(
    key: string,
    holder: DriverInfo,
    value: string,
    index: number,
    onWait: (holder: DriverInfo) => void,
  ): Promise<boolean> {
    if (isOwnHost(holder)) return isRunning(holder.pid);
    onWait(holder);
    const silence = AbortSignal.timeout(SILENCE);
    try {
      const { found } = await this.#kv.read(key, { index, abort: silence });
      return found?.value !== value;
    } catch (error) {
      if (silence.aborted) return false;
      throw error;
    }
  }

  async #createSession(): Promise<string> {
    const { body } = await this.#client.call({
      method: 'PUT',
      path: '/session/create',
      what: 'creating a driver session',
      body: SESSION,
      // One that nobody knows of holds nothing, and ends by its TTL.
      repeatable: true,
    });
    return (body as { ID: string }).ID;
  }

  async #destroySession(session: string): Promise<void> {
    const what = 'ending a driver session';
    await this.#client.call({ method: 'PUT', path: `/session/destroy/${session}`, what, repeatable: true });
  }

  #key(service: string): string {
    return `${this.#prefix}drivers/${service}`;
  }
}

/** Whether `take` got the lock. */
export function isHeld(result: HeldLock | DriverInfo): result is HeldLock {
  return 'release' in result;
}

function isOwnHost(info: DriverInfo): boolean {
  return info.host === hostname();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parseInfo(value: string): DriverInfo | undefined {
  try {
    const info = JSON.parse(value) as DriverInfo;
    return typeof info.id === 'string' && typeof info.pid === 'number' ? info : undefined;
  } catch {
    return undefined;
  }
}
