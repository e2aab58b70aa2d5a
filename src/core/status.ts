import { counts } from './datacenters.js';
import type { Draining } from './draining.js';
import type { EntranceRow } from './entrance-rows.js';
import { metaOf, storedLegs, subsetsOf } from './entries.js';
import { type FollowingStatus, followingStatus, toldFollowing } from './following.js';
import { type Leg, sameLeg, weightTo } from './legs.js';
import type { Instances, Observation } from './observation.js';
import type { OffCanary } from './off-canary.js';
import type { Plan, Schedule, Step } from './plan.js';
import { formatTime, readRecord } from './record.js';
import { hookAtEnd, isFinal, type Rollout } from './rollout.js';
import { type Closed, whyClosed } from './schedule/closed.js';
import { nextDue } from './schedule/due.js';
import { formatFull } from './schedule/moments.js';
import { describeStep } from './steps.js';
import { type Finding, healthyMoment } from './verdict.js';
import { warned, warningsOf } from './warnings.js';

/** One subset in its role; weights in percent, `null` where unknown. */
export interface LegStatus {
  /** Empty for every instance, and where another service is named without one. */
  readonly subset: string;
  /** The other service that this leg leads to; absent for the service's own subsets. */
  readonly service?: string;
  readonly filter: string | null;
  readonly weight: { readonly asked: number | null; readonly stored: number | null; readonly observed: number | null };
  readonly instances: Instances | null;
  /** The share of its requests lately that its callers counted, of those that its instances received, in percent. */
  readonly coverage: number | null;
}

/** One datacenter that shares the entries; `unread` says why what is told of it is not of now. `counts` is false where the plan leaves it out. */
export interface DatacenterStatus {
  readonly name: string;
  readonly counts: boolean;
  readonly unread: string | null;
  readonly stable: { readonly instances: Instances | null };
  readonly canary: { readonly instances: Instances | null };
}

/** What `status -o json` prints: a promise to scripts. Times RFC 3339 UTC, weights in percent, unknown is null and never 0. */
export interface Status {
  readonly service: string;
  readonly rollout: string | null;
  readonly phase: string | null;
  readonly reason: string | null;
  readonly message: string;
  /** What holds advances now; only where something does and there is something to hold. */
  readonly held?: { readonly reason: Closed['reason']; readonly message: string; readonly until: string | null };
  readonly step: {
    readonly index: number;
    readonly of: number | null;
    readonly kind: string | null;
    readonly enteredAt: string;
    readonly wakeAt: string | null;
  } | null;
  readonly stable: LegStatus | null;
  readonly canary: LegStatus | null;
  readonly legs: readonly LegStatus[];
  /** Each datacenter that shares the entries, home first; only where there are several. */
  readonly datacenters?: readonly DatacenterStatus[];
  /** Callers that do not send by the weights first, then others of which that is known or asked; only where somebody looks, and no more than 50. */
  readonly following?: readonly FollowingStatus[];
  readonly signals: readonly SignalStatus[];
  readonly plan: { readonly digest: string; readonly source: string | null } | null;
  readonly driver: { readonly kind: string; readonly id: string } | null;
  readonly by: string | null;
  readonly startedAt: string | null;
  /** When its present step or phase was entered: its last change. */
  readonly updatedAt: string | null;
  /** When every signal that counts was last measured and found good; null where that was never seen. */
  readonly healthyAt: string | null;
  readonly modifyIndex: number | null;
  /** The group that it is rolled out in, and how all members of this run stand; only where there is one. */
  readonly group?: {
    readonly name: string;
    readonly members: readonly {
      readonly service: string;
      readonly phase: string | null;
      readonly reason: string | null;
      readonly step: number | null;
    }[];
  };
  /** Where a rollout in waves stands, at home only and as soon as the first one is to begin. */
  readonly waves?: WavesStatus;
  /** Whether the subset that was promoted away may be stopped; only after a promotion, while some of it runs. */
  readonly draining?: Draining;
  /** Whether every caller that can be read is off the canary that was taken back; only after that, and for ten minutes. */
  readonly offCanary?: OffCanary;
  /** Who reaches the service; only in `status -o json` and where the page asks for one rollout. Null where Consul would not tell. */
  readonly entrances?: readonly EntranceRow[] | null;
  /** When the applied plan's schedule starts the next rollout; only where it has a start to come. `at` is null for one that waits for a new version. */
  readonly nextStart?: { readonly at: string | null; readonly rule: string; readonly message: string };
}

/** What the controller last said of a rollout in waves: what it does, and the phase at each site, home first. */
export interface WavesStatus {
  readonly why: string;
  readonly sites: readonly { readonly name: string; readonly phase: string | null; readonly message: string }[];
}

/** One signal in a status; `dryRun` only where it is one. */
export interface SignalStatus extends Omit<Finding, 'at' | 'failed' | 'stableWorse' | 'query'> {
  readonly at: string | null;
}

/** All that a status is made of. `rollout` is the record, or the last one known when somebody overwrote it. */
export interface StatusInput {
  readonly service: string;
  readonly rollout: Rollout | undefined;
  readonly seen: Observation;
  readonly now: number;
  readonly plan: { readonly plan: Plan; readonly source: string | null } | undefined;
  readonly driver: { readonly kind: string; readonly id: string; readonly why?: string; readonly wakeAt?: number } | undefined;
  readonly group?: {
    readonly name: string;
    readonly members: readonly { readonly service: string; readonly rollout: Rollout | undefined }[];
  };
  readonly waves?: WavesStatus;
  /** The schedule of the applied plan, which need not be the plan that the rollout follows. */
  readonly schedule?: Schedule | undefined;
  /** When the log last tells that all signals were good, ms; for when nobody measures now. */
  readonly healthyAt?: number | undefined;
}

/** The model behind every view of one service. */
export function statusOf(input: StatusInput): Status {
  const { service, rollout, seen, plan, driver } = input;
  const stored = storedLegs(seen, service);
  const filters = subsetsOf(seen.resolver?.entry);
  const leg = (to: Pick<Leg, 'subset' | 'service'>): LegStatus => ({
    subset: to.subset,
    ...(to.service === undefined ? {} : { service: to.service }),
    filter: to.service === undefined ? (filters.get(to.subset) ?? null) : null,
    weight: {
      asked: rollout === undefined ? null : weightTo(rollout.asked, to) / 100,
      stored: seen.splitter === undefined ? null : weightTo(stored, to) / 100,
      observed: to.service !== undefined || seen.observed === undefined ? null : (seen.observed[to.subset] ?? 0) / 100,
    },
    instances: to.service === undefined ? (seen.instances[to.subset] ?? null) : null,
    coverage: to.service === undefined ? percentOf(seen.coverage?.[to.subset]?.share ?? null) : null,
  });
  const places = [...(rollout?.asked ?? []), ...stored].filter(
    (one, i, all) => all.findIndex((other) => sameLeg(one, other)) === i,
  );
  const roles = rollout === undefined ? [] : [rollout.stable, rollout.canary];
  return {
    service,
    rollout: rollout?.id ?? null,
    phase: rollout?.state.phase ?? null,
    reason: rollout?.state.reason ?? null,
    message: withWarning(messageOf(input), input),
    ...heldStatus(input),
    step: rollout === undefined ? null : stepStatus(rollout, plan?.plan, driver?.wakeAt),
    stable: rollout === undefined ? null : leg({ subset: rollout.stable }),
    canary: rollout === undefined ? null : leg({ subset: rollout.canary }),
    legs: places.filter(({ subset, service: other }) => other !== undefined || !roles.includes(subset)).map(leg),
    ...datacenterStatus(input),
    ...followingIn(input),
    signals: seen.findings.map(signalStatus),
    plan: rollout === undefined ? null : { digest: rollout.plan, source: plan?.source ?? null },
    driver: driver === undefined ? null : { kind: driver.kind, id: driver.id },
    by: rollout?.by ?? null,
    startedAt: rollout === undefined ? null : formatTime(rollout.startedAt),
    updatedAt: rollout === undefined ? null : formatTime(rollout.enteredAt),
    healthyAt: healthyText(input),
    modifyIndex: seen.splitter?.modifyIndex ?? null,
    ...groupStatus(input),
    ...(input.waves === undefined ? {} : { waves: input.waves }),
    ...startStatus(input),
  };
}

function datacenterStatus({ rollout, seen, plan }: StatusInput): Pick<Status, 'datacenters'> {
  if (rollout === undefined || seen.datacenters === undefined) return {};
  const datacenters = seen.datacenters.all.map(({ name, instances, unread }): DatacenterStatus => {
    const of = (subset: string) => ({ instances: instances?.[subset] ?? null });
    const told = { stable: of(rollout.stable), canary: of(rollout.canary) };
    return { name, counts: counts(plan?.plan.datacenters, name), unread: unread ?? null, ...told };
  });
  return { datacenters };
}

function followingIn({ rollout, seen }: StatusInput): Pick<Status, 'following'> {
  if (rollout === undefined || isFinal(rollout) || seen.following === undefined) return {};
  return { following: toldFollowing(seen.following).map(followingStatus) };
}

/** With one decimal, rounded down: only the whole is 100. */
function percentOf(share: number | null): number | null {
  return share === null ? null : Math.floor(share * 1_000 + 1e-6) / 10;
}

function groupStatus({ group, rollout }: StatusInput): Pick<Status, 'group'> {
  if (group === undefined) return {};
  const members = group.members.map(({ service, rollout: theirs }) => {
    const state = theirs?.id === rollout?.id ? theirs?.state : undefined;
    return { service, phase: state?.phase ?? null, reason: state?.reason ?? null, step: state?.step ?? null };
  });
  return { group: { name: group.name, members } };
}

/** The step as text, with where it stands among the others: `pause 5m`, `bake`. */
export function stepText(steps: readonly Step[] | undefined, index: number): string {
  if (steps === undefined) return `step ${index + 1}`;
  const step = steps[index];
  return step === undefined ? 'bake' : describeStep(step);
}

function messageOf({ service, rollout, seen, driver }: StatusInput): string {
  if (rollout === undefined)
    return seen.splitter === undefined
      ? `${service} has no service-splitter: nothing was ramped yet`
      : `service-splitter/${service} carries no rollout`;
  const lost = seen.splitter === undefined || readRecord(metaOf(seen.splitter.entry))?.id !== rollout.id;
  if (lost && !isFinal(rollout))
    return `somebody else wrote service-splitter/${service} and dropped the record; last known: ${rollout.message}`;
  const hook = hookAtEnd(rollout);
  if (hook !== undefined) return `${rollout.message}; ${hook} has not run yet`;
  if (isFinal(rollout)) return rollout.message;
  if (driver === undefined) return `${rollout.message}; nobody drives or watches it`;
  return driver.why !== undefined && rollout.state.phase !== 'Paused' ? driver.why : rollout.message;
}

/** Whatever it does: where stable is gone that comes with it. */
function withWarning(message: string, { rollout, seen }: StatusInput): string {
  if (rollout === undefined || isFinal(rollout) || rollout.state.reason === 'StableGone') return message;
  return warningsOf(seen, rollout).reduce(warned, message);
}

function heldStatus({ rollout, seen, plan, now }: StatusInput): Pick<Status, 'held'> {
  const { phase, reason } = rollout?.state ?? {};
  // What waits for a person is held as well: the person may not take it further either.
  const waits = reason === 'TargetReached' || reason === 'PauseStep';
  const moves = phase === 'Pending' || phase === 'Progressing' || phase === 'Baking' || waits;
  const closed = moves && reason !== 'Resumed' ? whyClosed(plan?.plan.schedule, seen.freeze, now) : undefined;
  if (closed === undefined) return {};
  const until = closed.until === undefined ? null : formatTime(closed.until);
  return { held: { reason: closed.reason, message: closed.message, until } };
}

function startStatus({ schedule, now }: StatusInput): Pick<Status, 'nextStart'> {
  const rule = schedule?.start;
  if (rule === undefined) return {};
  if (rule.kind === 'new-version')
    return { nextStart: { at: null, rule: 'on new_version', message: 'when a new version appears (on new_version)' } };
  const due = nextDue(rule, now);
  if (due === undefined) return {};
  const [text, zone] = rule.kind === 'cron' ? [`cron ${rule.text}`, rule.timezone] : ['at', 'UTC'];
  const said = rule.kind === 'cron' ? ` (${text})` : '';
  return { nextStart: { at: formatTime(due), rule: text, message: `${formatFull(zone, due)}${said}` } };
}

function stepStatus(rollout: Rollout, plan: Plan | undefined, liveWakeAt: number | undefined): Status['step'] {
  const index = rollout.state.step;
  const step = plan?.steps[index];
  const baking = rollout.state.phase === 'Baking';
  const own = step === undefined ? undefined : ownTime(step);
  // An open pause with a deadline ends by itself as well.
  const moving = rollout.state.phase === 'Progressing' || baking || (rollout.state.reason === 'PauseStep' && own !== undefined);
  const due =
    baking && plan !== undefined ? rollout.enteredAt + plan.bake : own === undefined ? liveWakeAt : rollout.enteredAt + own;
  return {
    index,
    of: plan?.steps.length ?? null,
    kind: baking ? 'bake' : (step?.kind ?? null),
    enteredAt: formatTime(rollout.enteredAt),
    wakeAt: moving && due !== undefined ? formatTime(due) : null,
  };
}

/** The time that a step takes by itself, or may take at most. */
function ownTime(step: Step): number | undefined {
  switch (step.kind) {
    case 'weight':
      return undefined;
    case 'pause':
      return step.for ?? step.deadline;
    case 'analyse':
      return step.for;
    case 'wait':
      return step.deadline;
    case 'run':
      return step.program.timeout;
  }
}

function healthyText({ rollout, seen, healthyAt }: StatusInput): string | null {
  if (rollout === undefined) return null;
  const at = healthyMoment(seen.findings) ?? healthyAt;
  return at === undefined ? null : formatTime(at);
}

function signalStatus(finding: Finding): SignalStatus {
  const { name, source, verdict, value, bound, samples, at, message, band, dryRun } = finding;
  const status = { name, source, verdict, value, bound, samples, at: at === 0 ? null : formatTime(at), message };
  return { ...status, ...(band === undefined ? {} : { band }), ...(dryRun === true ? { dryRun } : {}) };
}
