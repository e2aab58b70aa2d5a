import { hostname } from 'node:os';
import { ulid } from 'ulid';
import { isPassing } from '../consul/errors.js';
import type { Member } from '../consul/membership.js';
import { Attendance } from '../controller/attendance.js';
import { Controller } from '../controller/controller.js';
import type { ControllerEvent } from '../controller/events.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { createSharedSignals } from './signals.js';
import { VERSION } from './version.js';
import { openWave } from './wave-parts.js';

/** Flags of `splitter run`. */
export interface RunFlags extends GlobalFlags {
  readonly id?: string;
}

/** `splitter run`: a controller. Looks after every rollout of the datacenter, beside other controllers, until it is interrupted. */
export async function run(flags: RunFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const id = flags.id ?? `${hostname()}-${ulid().slice(-6).toLowerCase()}`;
  const member: Member = { id, host: hostname(), pid: process.pid, since: context.clock.now(), version: VERSION };
  const controller = createController(context, member, (event) => void io.err(`${JSON.stringify(event)}\n`));
  const attendance = new Attendance(
    {
      beat: (abort) => context.members.beat(member, abort),
      leave: () => context.members.leave(),
      list: async (index, abort) => {
        const { members, index: next } = await context.members.list({ index, abort });
        return { members: members.map((one) => one.id), index: next };
      },
    },
    (members) => controller.setMembers(members),
    () => undefined,
  );
  const stop = new AbortController();
  const interrupted = new Promise<void>((resolve) => io.onInterrupt(resolve));
  const working = Promise.all([controller.run(), attendance.run(stop.signal, () => undefined)]);
  await Promise.race([interrupted, working]);
  await controller.stop();
  stop.abort();
  await context.members.leave().catch(() => undefined);
  return EXIT.done;
}

function createController(context: Context, member: Member, onEvent: (event: ControllerEvent) => void): Controller {
  const { mesh, store, programs, clock, doorbell, lock } = context;
  const controller: Controller = new Controller(member.id, {
    mesh,
    signals: createSharedSignals(context, ({ service, canary }) => controller.passing(service, canary)),
    log: store,
    programs,
    clock,
    openWave: (wave, plan) => openWave(context, wave, plan),
    findPlan: async (service, { id, plan: digest }) => {
      const applied = await store.readPlan(service);
      if (applied?.digest === digest) return applied.plan;
      return (await store.readHistory(service, id)).plans[digest]?.plan;
    },
    lives: async (service, driver) => (await lock.read(service, clock.now()))?.id === driver,
    listen: (index, abort) => doorbell.listen(index, abort),
    probe: () => mesh.probe(),
    isPassing,
    onEvent: (event) => {
      if (event.kind === 'waves') void store.saveWaves(event.service, event.state).catch(() => undefined);
      onEvent(event);
    },
  });
  return controller;
}
