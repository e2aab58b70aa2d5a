import { ConsulError } from '../consul/errors.js';
import type { Glance } from '../controller/onlooker.js';
import type { WaveState } from '../controller/wave-run.js';
import { withFollowing } from '../core/entrance-rows.js';
import { metaOf } from '../core/entries.js';
import { type FollowingStatus, followingStatus, toldFollowing } from '../core/following.js';
import { lastHealthyIn } from '../core/history.js';
import { HOME } from '../core/home.js';
import type { Observation } from '../core/observation.js';
import type { Schedule } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import { isFinal } from '../core/rollout.js';
import { type Status, type StatusInput, statusOf } from '../core/status.js';
import type { Finding } from '../core/verdict.js';
import { withEvidence } from '../core/with-evidence.js';
import { alphaShare, findingOf } from '../judge/judge.js';
import { decodeTally } from '../judge/tally.js';
import { askController } from './ask-controller.js';
import type { Context } from './context.js';
import { type Look, lookAt } from './look.js';
import { type Drives, whoDrives } from './who-drives.js';

/** The status of one service, with what its foreground driver sees just now, if one lives. */
export async function readStatus(context: Context, service: string): Promise<Status> {
  return (await readScene(context, service)).status;
}

/** The status with what its driver sees just now, a controller too where it can be asked; with `entrances` also who reaches the service, for which every proxy is looked up. */
export async function readLiveStatus(context: Context, service: string, entrances = false): Promise<Status> {
  const scene = await readScene(context, service);
  const status = await readLive(context, scene);
  if (!entrances) return status;
  const rows = await listEntrances(context, scene.look);
  return { ...status, entrances: rows && withFollowing(rows, status.following) };
}

/** What whoever drives the service sees of each caller just now; none where nobody does, or nobody can be asked. Counts nothing, and never throws what Consul says. */
export async function readFollowing(context: Context, service: string): Promise<readonly FollowingStatus[]> {
  try {
    const { rollout } = await lookAt(context, service, 'entries');
    if (rollout === undefined || isFinal(rollout)) return [];
    const drives = await whoDrives(context, service, rollout.group);
    if (drives?.kind === 'controller') return (await askController(drives, { service, rollout: rollout.id }))?.following ?? [];
    const live = drives?.driver.id === rollout.driver ? drives.driver.live : undefined;
    return toldFollowing(live?.following ?? []).map(followingStatus);
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    return [];
  }
}

/** Null where Consul would not tell: a status tells all else. */
async function listEntrances(context: Context, { service, plan }: Look): Promise<NonNullable<Status['entrances']> | null> {
  const { readEntrances } = await import('./entrances.js');
  try {
    return (await readEntrances(context, { service, callers: plan?.plan.callers ?? [] })).rows;
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    return null;
  }
}

async function readLive(context: Context, { status, drives, look }: Scene): Promise<Status> {
  if (status.phase === 'Promoted') {
    // Only then: it brings the readers of sidecars along.
    const draining = await (await import('./drained.js')).readDraining(context, look);
    return draining === undefined ? status : { ...status, draining };
  }
  if (status.phase === 'Reverted' || status.phase === 'Superseded') {
    const offCanary = await (await import('./off-canary.js')).readOffCanary(context, look);
    return offCanary === undefined ? status : { ...status, offCanary };
  }
  const told = drives?.kind === 'controller' && status.rollout !== null ? await askController(drives, status) : undefined;
  return told === undefined ? status : withEvidence(status, told);
}

/** A service as somebody who looks on finds it. */
export interface Scene {
  readonly look: Look;
  /** With the findings and shares that are known now. */
  readonly seen: Observation;
  readonly drives: Drives | undefined;
  readonly status: Status;
}

/** Reads all of it; `glance` adds what the sidecars tell the caller, where no driver tells what it sees. */
export async function readScene(
  context: Context,
  service: string,
  glance: (look: Look) => Promise<Glance | undefined> = async () => undefined,
): Promise<Scene> {
  const now = context.clock.now();
  const look = await lookAt(context, service);
  const [drives, group, waves, schedule] = await Promise.all([
    whoDrives(context, service, look.rollout?.group),
    readGroup(context, look),
    readWaves(context, look),
    readSchedule(context, service),
  ]);
  const driver = drives?.kind === 'foreground' ? drives.driver : undefined;
  const { rollout, plan } = look;
  const driven = rollout !== undefined && driver !== undefined && driver.id === rollout.driver ? driver : undefined;
  const glanced = driven?.live === undefined ? await glance(look) : undefined;
  const findings = driven?.live?.findings ?? freshest(recordedFindings(look), glanced?.findings ?? []);
  const observed = driven?.live?.observed ?? glanced?.observed;
  const coverage = driven?.live?.coverage ?? glanced?.coverage;
  const following = driven?.live?.following ?? glanced?.following;
  const shares = {
    ...(observed === undefined ? {} : { observed }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(following === undefined ? {} : { following }),
  };
  const seen = { ...look.seen, findings, ...shares };
  const live =
    driver === undefined
      ? drives?.kind === 'controller'
        ? { kind: 'controller', id: drives.id }
        : undefined
      : {
          kind: driver.kind,
          id: driver.id,
          ...(driven?.live === undefined ? {} : { why: driven.live.why, wakeAt: driven.live.wakeAt }),
        };
  const status = statusOf({
    service,
    rollout,
    seen,
    now,
    plan,
    driver: live,
    schedule,
    healthyAt: look.history === undefined ? undefined : lastHealthyIn(look.history),
    ...(group === undefined ? {} : { group }),
    ...(waves === undefined ? {} : { waves }),
  });
  return { look, seen, drives, status };
}

/** The recorded findings, replaced where the sidecars have just told more. */
function freshest(recorded: readonly Finding[], told: readonly Finding[]): readonly Finding[] {
  return recorded.map((finding) => told.find(({ name }) => name === finding.name) ?? finding);
}

/** How the members of the group stand; undefined for a service on its own. */
async function readGroup(context: Context, { rollout, plan }: Look): Promise<StatusInput['group']> {
  const group = plan?.plan.group;
  if (rollout?.group === undefined || group === undefined) return undefined;
  const members = group.services.map(async (service) => {
    const { entry } = await context.mesh.readEntry('service-splitter', service);
    return { service, rollout: readRecord(metaOf(entry?.entry)) };
  });
  return { name: group.name, members: await Promise.all(members) };
}

/** Where a rollout in waves stands, as its controller last said; undefined for one without waves. */
async function readWaves(context: Context, { service, rollout }: Look): Promise<StatusInput['waves']> {
  if (rollout?.wave !== HOME) return undefined;
  const state = (await context.store.readWaves(service).catch(() => undefined)) as WaveState | undefined;
  return state?.rollout === rollout.id ? { why: state.why, sites: state.sites } : undefined;
}

/** The schedule of the applied plan; what cannot be read is told, and is no reason to tell nothing else. */
async function readSchedule({ store, io }: Context, service: string): Promise<Schedule | undefined> {
  try {
    return (await store.readPlan(service))?.plan.schedule;
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    io.err(`Warning: the applied plan cannot be read: ${error.message}\n`);
    return undefined;
  }
}

/** The findings as the record keeps them, for when nobody measures now. */
function recordedFindings({ rollout, plan }: Look): readonly Finding[] {
  if (rollout === undefined || plan === undefined) return [];
  const tally = decodeTally(rollout.tally);
  const { signals } = plan.plan;
  return signals.map((signal) => findingOf(signal, tally[signal.name], { alpha: alphaShare(signal, signals), at: 0 }));
}
