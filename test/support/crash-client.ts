import { type Context, systemClock } from '../../src/cli/context.js';
import { driveService, newDriverId, takeLock } from '../../src/cli/drive-service.js';
import type { CommandIo } from '../../src/cli/io.js';
import type { SourcedPlan } from '../../src/cli/plan-source.js';
import { type Answer, type Call, ConsulClient } from '../../src/consul/client.js';
import { Doorbell } from '../../src/consul/doorbell.js';
import { DriverLock } from '../../src/consul/driver-lock.js';
import { FreezeKey } from '../../src/consul/freeze-key.js';
import { ConsulKv } from '../../src/consul/kv.js';
import { Membership } from '../../src/consul/membership.js';
import { ConsulMesh } from '../../src/consul/mesh.js';
import { Notified } from '../../src/consul/notified.js';
import { resolveSettings } from '../../src/consul/settings.js';
import { StartMemoryKeys } from '../../src/consul/start-memory.js';
import { Store } from '../../src/consul/store.js';
import type { Entry } from '../../src/core/entries.js';
import { createPrograms } from '../../src/programs/run.js';
import { PLAIN } from '../../src/view/style.js';
import { Crash, type Fuse } from './crash-fuse.js';

/** The program's own client, but for a fuse in the calls that `burns` picks; tells every entry that Consul took. */
class CrashClient extends ConsulClient {
  readonly #fuse: Fuse | undefined;
  readonly #burns: (call: Call) => boolean;
  readonly #taken: (entry: Entry) => void;
  #dead = false;

  constructor(address: string, fuse: Fuse | undefined, burns: (call: Call) => boolean, taken: (entry: Entry) => void) {
    super(resolveSettings({}, { CONSUL_HTTP_ADDR: address }));
    this.#fuse = fuse;
    this.#burns = burns;
    this.#taken = taken;
    fuse?.blown.catch(() => {
      this.#dead = true;
    });
  }

  override async call(call: Call): Promise<Answer> {
    if (this.#dead) throw new Crash('dead');
    const send = async (): Promise<Answer> => {
      const answer = await super.call(call);
      if (call.path === '/config' && call.method === 'PUT' && answer.body === true) this.#taken(call.body as Entry);
      return answer;
    };
    return this.#fuse !== undefined && this.#burns(call) ? this.#fuse.pass(send) : send();
  }
}

/** Writes of entries, plans and log: what a crash could tear apart. The lock is left out; a dead driver's is taken away by `forgetLocks`. */
export function isWrite({ method, path }: Call): boolean {
  return method === 'PUT' && (path === '/config' || path.includes('/history/'));
}

/** The parts of a command that dies at its fuse, talking to a Consul over HTTP. */
export function crashContext(
  address: string,
  fuse: Fuse | undefined,
  burns: (call: Call) => boolean,
  taken: (entry: Entry) => void,
): Context {
  const client = new CrashClient(address, fuse, burns, taken);
  const kv = new ConsulKv(client);
  const io: CommandIo = {
    env: {},
    out: () => undefined,
    err: () => undefined,
    terminal: { live: false, columns: () => 80, unicode: false },
    style: PLAIN,
    readStdin: async () => '',
    onInterrupt: () => () => undefined,
    atEnd: () => undefined,
  };
  const [store, lock, mesh] = [new Store(kv, 'splitter/'), new DriverLock(client, kv, 'splitter/'), new ConsulMesh(client)];
  const programs = createPrograms({}, systemClock);
  const notified = new Notified(kv, 'splitter/');
  const [members, doorbell] = [new Membership(client, kv, 'splitter/'), new Doorbell(kv, 'splitter/')];
  const freeze = new FreezeKey(kv, 'splitter/');
  const starts = new StartMemoryKeys(kv, 'splitter/');
  return {
    io,
    json: false,
    client,
    mesh,
    store,
    lock,
    freeze,
    members,
    starts,
    doorbell,
    notified,
    prefix: 'splitter/',
    programs,
    clock: systemClock,
    by: 'dana',
  };
}

/** What `splitter start` does after its checks: takes the lock and drives, from nothing or from where the record stands. */
export async function startDriving(context: Context, sourced: SourcedPlan, fuse?: Fuse): Promise<void> {
  const driver = newDriverId('start', context.by);
  const life = takeLock(context, sourced.plan.service, driver, 'start').then((lock) =>
    driveService(context, sourced, lock, driver, { kind: 'start', hold: 0, onInterrupt: 'hold' }),
  );
  await (fuse === undefined ? life : Promise.race([life, fuse.blown]));
}

/** Frees the locks of drivers that died: their process, which is this one, still runs. */
export async function forgetLocks(address: string): Promise<void> {
  const sessions = (await (await fetch(`${address}/v1/session/list`)).json()) as readonly { readonly ID: string }[];
  for (const { ID } of sessions) await fetch(`${address}/v1/session/destroy/${ID}`, { method: 'PUT' });
}
