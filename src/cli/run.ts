import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isPassing } from '../consul/errors.js';
import { LogBook } from '../consul/log-book.js';
import type { Member } from '../consul/membership.js';
import { Attendance } from '../controller/attendance.js';
import { Controller } from '../controller/controller.js';
import type { ControllerEvent } from '../controller/events.js';
import { consulKind } from '../server/consul-kind.js';
import { ListenError, serve } from '../server/http.js';
import { LineBuffer } from '../server/line-buffer.js';
import { createLog } from '../server/log.js';
import { createMetrics, type Metrics } from '../server/metrics.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { createEars } from './run-ears.js';
import { type RunFlags, readSettings } from './run-settings.js';
import { createSharedSignals } from './signals.js';
import { VERSION } from './version.js';

/** How much garbage may pile up on what is in use, percent. V8's own measure is several times as much on a large machine: with thousands of rollouts, whose lists are read again and again, most of the memory would be garbage. */
const GARBAGE = 30;

/** `splitter run`: a controller. Looks after every rollout of the datacenter, beside other controllers, until it is interrupted. */
export async function run(flags: RunFlags & GlobalFlags, io: CommandIo): Promise<ExitCode> {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE}`);
  const settings = await readSettings(flags, io.env);
  const { id, sessionTtl } = settings;
  const context = createContext({ ...settings.consul, kvPrefix: settings.kvPrefix }, io);
  const { clock, members } = context;
  const lines = new LineBuffer((text) => io.err(text));
  io.atEnd(() => lines.flush());
  const write = (line: string): void => lines.add(line);
  const log = createLog({ level: settings.logLevel, format: settings.logFormat, write, controller: id });
  const metrics = createMetrics(() => controller.snapshots(), { version: VERSION });
  countCalls(context, metrics);
  const ears = createEars(log, metrics, clock);
  const controller = createController(context, id, ears.hear);
  const member: Member = { id, host: hostname(), pid: process.pid, since: clock.now(), version: VERSION };
  const attendance = new Attendance(
    {
      beat: (abort) => members.beat(member, sessionTtl, abort),
      list: async (index, abort) => {
        const { members: all, index: next } = await members.list({ index, abort });
        return { members: all.map((one) => one.id), index: next };
      },
    },
    (all) => {
      ears.hear({ kind: 'members', members: all });
      controller.setMembers(all);
    },
    (held, why) => ears.hear({ kind: 'membership', held, why }),
    sessionTtl,
  );
  const health = {
    sinceTurn: () => clock.now() - controller.health.turnedAt,
    readiness: () => ({
      consul: controller.health.complete && controller.health.troubleSince === undefined,
      membership: attendance.held,
      list: controller.health.complete,
    }),
  };
  const { host, port } = settings.listen;
  const serving = await serve({ host, port, metrics, health, allowedHosts: settings.allowedHosts }).catch((error: unknown) => {
    throw error instanceof ListenError ? new CommandError(error.message, error.hint) : error;
  });
  log.info({ id, address: serving.address, version: VERSION }, `controller ${id} runs; ${serving.address}/metrics`);
  const stop = new AbortController();
  const interrupted = new Promise<void>((resolve) => {
    const off = io.onInterrupt(() => {
      off();
      resolve();
    });
  });
  const onTrouble = (error: Error): void => controller.troubled(error);
  const working = Promise.all([controller.run(), attendance.run(stop.signal, onTrouble)]);
  await Promise.race([interrupted, working]);
  log.info({}, 'leaving: the others take over now');
  stop.abort();
  // Leaving first lets the others begin while the last turns here end; the compare-and-set keeps the two apart.
  await members.leave().catch(() => undefined);
  await controller.stop();
  await serving.close();
  return EXIT.done;
}

function countCalls({ client }: Context, metrics: Metrics): void {
  client.onCall = ({ call: { method, path, query }, outcome, ms }) =>
    metrics.consulRequest({ method, kind: consulKind(path, query?.index !== undefined), outcome, seconds: ms / 1_000 });
}

function createController(context: Context, id: string, onEvent: (event: ControllerEvent) => void): Controller {
  const { client, mesh, store, programs, clock, doorbell, lock } = context;
  const controller: Controller = new Controller(id, {
    mesh,
    signals: createSharedSignals(context, ({ service, canary }) => controller.passing(service, canary)),
    log: new LogBook(client, store),
    programs,
    clock,
    findPlan: async (service, { id: rollout, plan: digest }) => {
      const applied = await store.readPlan(service);
      if (applied?.digest === digest) return applied.plan;
      return (await store.readHistory(service, rollout)).plans[digest]?.plan;
    },
    lives: async (service, driver) => (await lock.read(service, clock.now()))?.id === driver,
    listen: (index, abort) => doorbell.listen(index, abort),
    probe: () => mesh.probe(),
    isPassing,
    onEvent,
  });
  return controller;
}
