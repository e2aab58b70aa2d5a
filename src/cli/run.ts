import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { ConsulError, isPassing } from '../consul/errors.js';
import { LogBook } from '../consul/log-book.js';
import type { Member } from '../consul/membership.js';
import { Attendance } from '../controller/attendance.js';
import { Controller } from '../controller/controller.js';
import type { ControllerEvent } from '../controller/events.js';
import { isFrozen } from '../core/schedule/freeze.js';
import { isLoopback } from '../net/loopback.js';
import { openTls, type TlsContext, type TlsFiles } from '../net/tls-files.js';
import { consulKind } from '../server/consul-kind.js';
import { ListenError, type ServeOptions, type Serving, serve } from '../server/http.js';
import { LineBuffer } from '../server/line-buffer.js';
import { createLog, type Log } from '../server/log.js';
import { createMetrics, type Metrics } from '../server/metrics.js';
import type { ScrapeLimits } from '../signals/scrape-budget.js';
import { Admission } from './admission.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { createDrainEars } from './drained.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { createOffEars } from './off-canary.js';
import { permissionsToControl, requirePermissions } from './require-permissions.js';
import { requirePrimary } from './require-primary.js';
import { createRunApi } from './run-api.js';
import { createEars, type Ears } from './run-ears.js';
import { runPlans } from './run-plans.js';
import { type RunFlags, type RunSettings, readSettings } from './run-settings.js';
import { runStarts } from './run-starts.js';
import { createTelling, type RunTelling } from './run-telling.js';
import { createSharedSignals } from './signals.js';
import { VERSION } from './version.js';
import { openWave } from './wave-parts.js';

/** How much garbage may pile up on what is in use, percent. V8's own measure is several times as much on a large machine: with thousands of rollouts, whose lists are read again and again, most of the memory would be garbage. */
const GARBAGE = 30;
/** Of the metrics pages: for what rollouts are judged by. The rest is for looking whether what was promoted away is drained. */
const EVIDENCE_SHARE = 0.8;

/** `splitter run`: a controller. Looks after every rollout of the datacenter, beside other controllers, until it is interrupted. */
export async function run(given: RunFlags & GlobalFlags, commandIo: CommandIo): Promise<ExitCode> {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE}`);
  // What it starts for the user keeps the zone of the machine.
  const io = { ...commandIo, env: { ...commandIo.env } };
  // node-cron's heartbeat stalls for an hour when the process has a zone whose clocks go back.
  process.env.TZ = 'UTC';
  const settings = await readSettings(given, io.env);
  const { id, sessionTtl } = settings;
  const flags = { ...settings.consul, kvPrefix: settings.kvPrefix };
  const context = createContext(flags, io);
  const { clock, members } = context;
  await requirePermissions(context, permissionsToControl(id, context)).catch((error: unknown) => {
    // A Consul that does not answer is waited for; a refusal is for whoever gives the token.
    if (!(error instanceof ConsulError) || error.code === 'denied') throw error;
  });
  await requirePrimary(context);
  const lines = new LineBuffer((text) => io.err(text));
  io.atEnd(() => lines.flush());
  const write = (line: string): void => lines.add(line);
  const log = createLog({ level: settings.logLevel, format: settings.logFormat, write, controller: id });
  const metrics: Metrics = createMetrics(
    () => {
      metrics.frozen(isFrozen(controller.freeze, clock.now()));
      return controller.snapshots();
    },
    { version: VERSION },
  );
  // A controller has pauses of its own for what Consul turns away.
  context.client.patience = 0;
  countCalls(context, metrics);
  const ears = createEars(log, metrics, clock);
  const telling = createTelling(
    context,
    settings.pageUrl,
    new LogBook(context.client, context.store),
    { planOf: (service) => controller.planOf(service), owns: (service) => controller.owns(service) },
    log,
    metrics,
  );
  const listeners: Ears[] = [];
  const limits = { ...settings.scrape, perSecond: settings.scrape.perSecond * EVIDENCE_SHARE };
  const controller = createController(context, id, telling, limits, (event) => {
    ears.hear(event);
    telling.hear(event);
    for (const listener of listeners) listener.hear(event);
    if (event.kind === 'freeze' || event.kind === 'calm') starts.scheduler.ringAll();
    if (event.kind === 'decided') starts.scheduler.ring(event.service);
  });
  const starts = runStarts(context, flags, controller, log, ears.hear);
  const member: Member = { id, host: hostname(), pid: process.pid, since: clock.now(), version: VERSION };
  const admission = new Admission();
  const attendance = new Attendance(
    { self: id, ttl: sessionTtl, clock },
    {
      beat: (abort) => members.beat({ ...member, api: serving.address }, sessionTtl, abort),
      list: async (index, abort) => {
        const { members: all, index: next } = await members.list({ index, abort });
        return { members: all.map((one) => ({ id: one.id, beat: one.beat ?? 0 })), index: next };
      },
    },
    (all) => {
      ears.hear({ kind: 'members', members: all });
      controller.setMembers(all);
      starts.scheduler.ringAll();
    },
    (held, why) => {
      if (held) admission.admit();
      ears.hear({ kind: 'membership', held, why });
    },
  );
  const health = {
    sinceTurn: () => clock.now() - controller.health.turnedAt,
    readiness: () => ({
      consul: controller.health.complete && controller.health.troubleSince === undefined,
      membership: attendance.held,
      list: controller.health.complete,
    }),
  };
  const tls = settings.tls === undefined ? {} : { tls: openPair(settings.tls, log) };
  const api = createRunApi(context, flags, controller, settings, log);
  // After promotions and after reverts, each half of what is left.
  const perSecond = (settings.scrape.perSecond * (1 - EVIDENCE_SHARE)) / 2;
  const drain = createDrainEars(context, log, perSecond);
  const off = createOffEars(context, log, perSecond);
  listeners.push(api, drain, off);
  const serving = await listen(settings.listen, { metrics, health, api, allowedHosts: settings.allowedHosts, ...tls }, log);
  if (settings.tls === undefined && !isLoopback(settings.listen.host)) warnOfPlainHttp(log, serving.address);
  log.info({ id, address: serving.address, version: VERSION }, `controller ${id} runs; ${serving.address}`);
  const stop = new AbortController();
  // Every blocking query listens on it.
  setMaxListeners(0, stop.signal);
  const interrupted = new Promise<void>((resolve) => {
    const off = io.onInterrupt(() => {
      off();
      resolve();
    }, 'goes-on');
  });
  const onTrouble = (error: Error): void => controller.troubled(error);
  const plans = { context, flags, id, members: () => attendance.members };
  const working = Promise.all([
    controller.run(),
    attendance.run(stop.signal, (error) => {
      admission.fail(error);
      onTrouble(error);
    }),
    starts.run(stop.signal, onTrouble),
    settings.plans === undefined ? undefined : runPlans(settings.plans, plans, log, metrics, stop.signal),
  ]);
  const why = await Promise.race([interrupted, working.then(() => undefined), admission.refused]);
  log.info({}, 'leaving: the others take over now');
  stop.abort();
  // Leaving first lets the others begin while the last turns here end; the compare-and-set keeps the two apart.
  await members.leave().catch(() => undefined);
  drain.stop();
  off.stop();
  await controller.stop();
  await telling.stop();
  await serving.close();
  if (why !== undefined) throw why;
  return EXIT.done;
}

function openPair(files: TlsFiles, log: Log): TlsContext {
  try {
    return openTls(files, (why) => log.warn({ what: 'tls' }, why));
  } catch (error) {
    throw new CommandError((error as Error).message, 'check --tls-cert and --tls-key');
  }
}

/** Nobody is kept from it: behind a proxy with TLS of its own it is as it should be. */
function warnOfPlainHttp(log: Log, address: string): void {
  const why = 'others than this machine reach it, and a token that somebody acts with can be read on its way';
  log.warn(
    { what: 'tls' },
    `${address} is plain HTTP: ${why}; give it --tls-cert and --tls-key, or a proxy with TLS in front of it`,
  );
}

/** Serves at the address that was asked for; where nobody asked, a second controller on one machine takes a free port and says so. */
async function listen(
  { host, port, chosen }: RunSettings['listen'],
  options: Omit<ServeOptions, 'host' | 'port'>,
  log: Log,
): Promise<Serving> {
  try {
    return await serve({ host, port, ...options });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    if (chosen) throw new CommandError(error.message, error.hint);
    log.warn({}, `${error.message}; taking a free port instead`);
    return serve({ host, port: 0, ...options });
  }
}

function countCalls({ client }: Context, metrics: Metrics): void {
  client.onCall = ({ call: { method, path, query }, outcome, ms }) =>
    metrics.consulRequest({ method, kind: consulKind(path, query?.index !== undefined), outcome, seconds: ms / 1_000 });
}

function createController(
  context: Context,
  id: string,
  { log, alarm }: RunTelling,
  limits: ScrapeLimits,
  onEvent: (event: ControllerEvent) => void,
): Controller {
  const { mesh, store, programs, clock, doorbell, lock, freeze } = context;
  const controller: Controller = new Controller(id, {
    mesh,
    signals: createSharedSignals(context, ({ service, canary }) => controller.instancesOf(service, canary), limits),
    log,
    programs,
    clock,
    onStuck: alarm,
    freeze,
    openWave: (wave, plan) => openWave(context, wave, plan),
    findPlan: async (service, { id: rollout, plan: digest }) => {
      const applied = await store.readPlan(service);
      if (applied?.digest === digest) return applied.plan;
      return (await store.readHistory(service, rollout)).plans[digest]?.plan;
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
