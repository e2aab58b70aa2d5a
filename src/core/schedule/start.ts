import { formatDuration } from '../duration.js';
import type { Policies, Schedule, StartRule } from '../plan.js';
import type { Phase } from '../rollout.js';
import { whyClosed } from './closed.js';
import { lastDue, nextDue, type TimedRule } from './due.js';
import type { Freeze } from './freeze.js';
import { formatIn } from './moments.js';

/** What is remembered of a service's starts, in KV. It has to be kept (by compare-and-set) before a start is made. Times in ms. */
export interface StartMemory {
  /** Digest of the plan, as it was applied, that this is about. */
  readonly plan: string;
  /** Due times up to here are dealt with. */
  readonly seenUntil: number;
  readonly lastFired?: number;
  /** A due time that could not be made use of yet; `queued`: because another rollout was under way, which may last. */
  readonly waiting?: { readonly due: number; readonly queued: boolean };
  /** A start that is being made, under the id of its rollout: whoever finds it goes on with it, so that a crash loses none and makes none twice. */
  readonly starting?: { readonly due: number; readonly rollout: string; readonly why: string };
  /** Versions that were canary once, oldest first: `on: new_version` starts none of them again. */
  readonly tried?: readonly string[];
}

/** All that a start depends on besides its rule. */
export interface StartSituation {
  readonly service: string;
  /** Digest of the plan as it was applied (with `version: auto` unsettled). */
  readonly plan: string;
  /** When that was; where nobody knows, the plan counts from when it was first seen. */
  readonly appliedAt?: number;
  readonly schedule: Schedule;
  readonly freeze?: Freeze;
  /** The service's rollout that has not ended, if there is one; `newVersion` as the plan says that it follows. */
  readonly running?: { readonly phase: Phase; readonly samePlan: boolean; readonly newVersion: Policies['newVersion'] };
  /** The version that canary would get: the newest that passes its checks and is not stable's. */
  readonly newest?: string;
  readonly stable?: string;
  /** The version that was canary in the service's last rollout, whoever began it and however it ended. */
  readonly lastVersion?: string;
}

/** Whether to start. The memory of a `wait` has to be kept only where more than `seenUntil` has changed; the others' always, before anything is done. */
export type StartDecision =
  | { readonly kind: 'wait'; readonly wakeAt: number; readonly memory: StartMemory; readonly why?: string }
  | { readonly kind: 'start'; readonly due: number; readonly memory: StartMemory; readonly why: string }
  | { readonly kind: 'skip'; readonly due: number; readonly why: string; readonly memory: StartMemory; readonly wakeAt: number };

const DAY = 86_400_000;
const KEPT_VERSIONS = 50;
/** Later than this is told. */
const ON_TIME = 60_000;
const LOOK_AGAIN = 60_000;

/** Whether a rollout starts now by its plan's `schedule.start`; it looks no further than a day ahead. */
export function decideStart(
  rule: StartRule,
  memory: StartMemory | undefined,
  now: number,
  situation: StartSituation,
): StartDecision {
  const { plan, appliedAt } = situation;
  const tried = memory?.tried === undefined ? {} : { tried: memory.tried };
  const known: StartMemory = memory?.plan === plan ? memory : { plan, seenUntil: appliedAt ?? now, ...tried };
  return rule.kind === 'new-version' ? decideNew(known, now, situation) : decideTimed(rule, known, now, situation);
}

function decideTimed(rule: TimedRule, known: StartMemory, now: number, situation: StartSituation): StartDecision {
  const { waiting, ...rest } = known;
  const memory: StartMemory = { ...rest, seenUntil: Math.max(known.seenUntil, now) };
  const fresh = lastDue(rule, known.seenUntil, now);
  const due = fresh ?? waiting?.due;
  const wakeAt = Math.min(nextDue(rule, now) ?? Number.POSITIVE_INFINITY, now + DAY);
  if (due === undefined || due === known.lastFired) return { kind: 'wait', wakeAt, memory };
  const said = `due ${formatIn(rule.kind === 'cron' ? rule.timezone : 'UTC', due, now)}`;
  const late = now - due;
  const skip = (why: string): StartDecision => ({
    kind: 'skip',
    due,
    why: `${said}, skipped: ${why}; splitter start ${situation.service} begins it by hand`,
    memory,
    wakeAt,
  });
  const stay = (queued: boolean, until: number, why: string): StartDecision => ({
    kind: 'wait',
    wakeAt: Math.min(wakeAt, until),
    memory: { ...memory, waiting: { due, queued } },
    why: `${said}, waiting: ${why}`,
  });
  const queued = fresh === undefined && waiting?.queued === true;
  const closed = whyClosed(situation.schedule, situation.freeze, now);
  if (late > rule.catchUp && !queued)
    return skip(
      `${closed === undefined ? 'nobody could start it' : closed.message} for more than the ${formatDuration(rule.catchUp)} of catch_up`,
    );
  const room = findRoom(situation);
  if (room.kind === 'wait') return stay(true, now + LOOK_AGAIN, room.why);
  if (room.kind === 'skip') return skip(room.why);
  if (closed !== undefined) {
    if (late > rule.catchUp) return skip(closed.message);
    return stay(false, Math.min(closed.until ?? Number.POSITIVE_INFINITY, due + rule.catchUp + 1), closed.message);
  }
  const why = late <= ON_TIME ? said : `${said}, started ${formatDuration(late)} late`;
  return { kind: 'start', due, memory: { ...memory, lastFired: due }, why };
}

function decideNew(known: StartMemory, now: number, situation: StartSituation): StartDecision {
  const { service, newest, stable, lastVersion } = situation;
  const seen: StartMemory = { ...known, seenUntil: Math.max(known.seenUntil, now) };
  const memory = lastVersion === undefined ? seen : withTried(seen, lastVersion);
  const wait = (wakeAt: number, why?: string): StartDecision => ({
    kind: 'wait',
    wakeAt: Math.min(wakeAt, now + DAY),
    memory,
    ...(why === undefined ? {} : { why }),
  });
  if (newest === undefined || newest === stable || memory.tried?.includes(newest)) return wait(now + DAY);
  const said = `version ${newest} has appeared`;
  const room = findRoom({ ...situation, ...notOwn(situation) });
  if (room.kind === 'wait') return wait(now + LOOK_AGAIN, `${said}, waiting: ${room.why}`);
  const after = { ...withTried(memory, newest) };
  if (room.kind === 'skip') {
    const why = `${said}, skipped: ${room.why}; splitter start ${service} begins it by hand`;
    return { kind: 'skip', due: now, why, memory: after, wakeAt: now + DAY };
  }
  const closed = whyClosed(situation.schedule, situation.freeze, now);
  if (closed !== undefined) return wait(closed.until ?? now + DAY, `${said}, waiting: ${closed.message}`);
  return { kind: 'start', due: now, memory: { ...after, lastFired: now }, why: said };
}

/** A version that is new is no part of the rollout under way, though the same plan asked for both. */
function notOwn({ running }: StartSituation): Pick<StartSituation, 'running'> {
  return running === undefined ? {} : { running: { ...running, samePlan: false } };
}

/** What the rollout under way makes of another start: it gives way, is waited for, or is in the way. */
function findRoom({
  running,
}: StartSituation): { readonly kind: 'free' } | { readonly kind: 'wait' | 'skip'; readonly why: string } {
  if (running === undefined) return { kind: 'free' };
  const { phase, samePlan, newVersion } = running;
  if (samePlan) return { kind: 'skip', why: `the last rollout by this plan is still ${phase}` };
  if (phase === 'Promoting' || phase === 'Reverting')
    return { kind: 'wait', why: `the last rollout is ${phase} and will be done in a moment` };
  switch (newVersion) {
    case 'supersede':
      return { kind: 'free' };
    case 'queue':
      return { kind: 'wait', why: `the last rollout is still ${phase}` };
    case 'reject':
      return { kind: 'skip', why: `the last rollout is still ${phase}, and its plan says on: { new_version: reject }` };
  }
}

function withTried(memory: StartMemory, version: string): StartMemory {
  const { tried = [] } = memory;
  return tried.includes(version) ? memory : { ...memory, tried: [...tried, version].slice(-KEPT_VERSIONS) };
}
