import { schedule as heartbeat, type TaskOptions } from 'node-cron';
import type { Plan, Policies, StartRule } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import { decideStart, type StartMemory, type StartSituation } from '../core/schedule/start.js';
import type { Clock, Mesh, SourcedPlan, StartMemories } from '../ports.js';
import { Backoff } from './backoff.js';
import { DueQueue } from './due-queue.js';
import type { ControllerEvent } from './events.js';
import { InstanceWatch } from './instance-watch.js';

/** What the scheduler acts with. */
export interface SchedulerParts {
  readonly mesh: Pick<Mesh, 'watchInstances'>;
  readonly memories: StartMemories;
  readonly clock: Clock;
  /** Whether this controller answers for the service, and may begin anything now. */
  mayBegin(service: string): boolean;
  freeze(): Freeze | undefined;
  /** The rollout of the service that has not ended, with what its plan says about others, and the version that was canary last. */
  standing(plan: SourcedPlan): Promise<{
    readonly running?: { readonly rollout: Rollout; readonly samePlan: boolean; readonly newVersion: Policies['newVersion'] };
    readonly lastVersion?: string;
  }>;
  /** The versions that the plan's `version: auto` would mean now; empty where there is none to try. */
  versions(plan: SourcedPlan): Promise<{ readonly newest?: string; readonly stable?: string }>;
  /** Begins the plan's rollout under this id, unless there was one already, and leaves it to the controllers; rejects with a message and a hint. */
  start(plan: SourcedPlan, rollout: string, why: string): Promise<void>;
  newId(): string;
  readonly isPassing: (error: unknown) => boolean;
  readonly onEvent: (event: ControllerEvent) => void;
  /** Hears what the heartbeat itself has to say. */
  readonly logger: NonNullable<TaskOptions['logger']>;
}

type Starting = StartMemory & { readonly starting: NonNullable<StartMemory['starting']> };

/** Every second, by UTC: node-cron's own zones stall at the change of clocks in autumn. When a start is due, the core decides. */
const HEARTBEAT = '* * * * * *';
const RETRY = { first: 2_000, last: 60_000 };
const AT_ONCE = 4;
const NOT_OURS = 15_000;

/** Begins rollouts when their plans say so: each due time once, whoever of the controllers answers for the service then. */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #due = new DueQueue();
  readonly #running = new Set<string>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #waits = new Map<string, string>();
  readonly #watch: InstanceWatch;
  #plans: ReadonlyMap<string, SourcedPlan> = new Map();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#watch = new InstanceWatch(parts.mesh, (service) => this.ring(service));
  }

  /** The plans as they are applied now. */
  setPlans(plans: ReadonlyMap<string, SourcedPlan>): void {
    const before = this.#plans;
    this.#plans = plans;
    for (const [service, { plan, digest }] of plans) {
      const rule = ruleOf(plan);
      if (rule?.kind === 'new-version') this.#watch.add(service);
      else this.#watch.remove(service);
      if (rule === undefined) this.#due.remove(service);
      else if (before.get(service)?.digest !== digest) this.ring(service);
    }
    for (const service of before.keys()) if (!plans.has(service)) this.#forget(service);
  }

  /** Looks at a service as soon as the heart beats again. */
  ring(service: string): void {
    const plan = this.#plans.get(service)?.plan;
    if (plan !== undefined && ruleOf(plan) !== undefined) this.#due.set(service, this.#parts.clock.now());
  }

  /** Looks at every service again, as when members, the freeze or a rollout have changed. */
  ringAll(): void {
    for (const service of this.#plans.keys()) this.ring(service);
  }

  /** Works until `abort`. */
  async run(abort: AbortSignal): Promise<void> {
    const { logger } = this.#parts;
    // What a missed beat would have found due is found by the next one.
    const options = { timezone: 'UTC', name: 'schedules', logger, suppressMissedWarning: true };
    const task = heartbeat(HEARTBEAT, () => this.#beat(), options);
    try {
      await this.#watch.run(abort);
    } finally {
      await task.destroy();
    }
  }

  #forget(service: string): void {
    this.#due.remove(service);
    this.#watch.remove(service);
    this.#backoffs.delete(service);
    this.#waits.delete(service);
  }

  #beat(): void {
    const now = this.#parts.clock.now();
    while (this.#running.size < AT_ONCE) {
      const due = this.#due.take(now);
      if (due === undefined) return;
      if (!this.#running.has(due.key)) void this.#look(due.key);
    }
  }

  async #look(service: string): Promise<void> {
    this.#running.add(service);
    const { clock, isPassing, onEvent } = this.#parts;
    try {
      const next = await this.#decide(service);
      this.#backoffs.delete(service);
      if (next !== undefined) this.#due.bring(service, next);
    } catch (error) {
      const backoff = this.#backoffs.get(service) ?? new Backoff(RETRY.first, RETRY.last);
      this.#backoffs.set(service, backoff);
      this.#due.bring(service, clock.now() + backoff.next());
      const { message, hint = '' } = error as Error & { readonly hint?: string };
      if (!isPassing(error)) onEvent({ kind: 'refused', service, message, hint });
    } finally {
      this.#running.delete(service);
    }
  }

  /** One look at one service; gives when to look again. */
  async #decide(service: string): Promise<number | undefined> {
    const { clock, memories } = this.#parts;
    const sourced = this.#plans.get(service);
    const rule = sourced === undefined ? undefined : ruleOf(sourced.plan);
    if (sourced === undefined || rule === undefined) return undefined;
    if (!this.#parts.mayBegin(service)) return clock.now() + NOT_OURS;
    const { memory, index } = await memories.readMemory(service);
    if (memory?.starting !== undefined) return this.#begin(sourced, { ...memory, starting: memory.starting }, index);
    const decision = decideStart(rule, memory, clock.now(), await this.#situation(sourced, rule));
    const kept =
      decision.kind === 'start'
        ? { ...decision.memory, starting: { due: decision.due, rollout: this.#parts.newId(), why: decision.why } }
        : decision.memory;
    // Somebody else has looked at it at the same time: what they decided counts.
    if (isNews(memory, kept) && !(await memories.writeMemory(service, kept, index))) return clock.now();
    switch (decision.kind) {
      case 'wait':
        this.#tellWait(service, decision.why);
        return decision.wakeAt;
      case 'skip':
        this.#tell(service, 'skipped', decision.why);
        return decision.wakeAt;
      case 'start':
        this.#tell(service, 'starts', decision.why);
        return clock.now();
    }
  }

  /** Makes the start that is remembered, then forgets it; one that is refused for good is forgotten too, and told. */
  async #begin(sourced: SourcedPlan, memory: Starting, index: number): Promise<number> {
    const { starting, ...after } = memory;
    const { clock, memories, isPassing } = this.#parts;
    const { service } = sourced.plan;
    try {
      await this.#parts.start(sourced, starting.rollout, starting.why);
    } catch (error) {
      if (!isPassing(error)) await memories.writeMemory(service, after, index);
      throw error;
    }
    await memories.writeMemory(service, after, index);
    return clock.now();
  }

  async #situation(sourced: SourcedPlan, rule: StartRule): Promise<StartSituation> {
    const { plan, digest } = sourced;
    const freeze = this.#parts.freeze();
    const [{ running, lastVersion }, versions] = await Promise.all([
      this.#parts.standing(sourced),
      rule.kind === 'new-version' ? this.#parts.versions(sourced) : {},
    ]);
    return {
      service: plan.service,
      plan: digest,
      schedule: plan.schedule ?? {},
      ...versions,
      ...(freeze === undefined ? {} : { freeze }),
      ...(lastVersion === undefined ? {} : { lastVersion }),
      ...(running === undefined
        ? {}
        : { running: { phase: running.rollout.state.phase, samePlan: running.samePlan, newVersion: running.newVersion } }),
    };
  }

  #tellWait(service: string, why: string | undefined): void {
    if (why !== undefined && this.#waits.get(service) !== why) this.#parts.onEvent({ kind: 'due', service, what: 'waits', why });
    if (why === undefined) this.#waits.delete(service);
    else this.#waits.set(service, why);
  }

  #tell(service: string, what: 'starts' | 'skipped', why: string): void {
    this.#waits.delete(service);
    this.#parts.onEvent({ kind: 'due', service, what, why });
  }
}

/** A group starts as one: by the rule of its first member. */
function ruleOf({ service, schedule, group }: Plan): StartRule | undefined {
  return group === undefined || group.services[0] === service ? schedule?.start : undefined;
}

/** Whether a memory says more than the one before: the time that was looked at last alone is no news. */
function isNews(before: StartMemory | undefined, after: StartMemory): boolean {
  const told = ({ plan, lastFired, waiting, starting, tried }: StartMemory): string =>
    JSON.stringify([plan, lastFired, waiting, starting, tried]);
  return before === undefined || told(before) !== told(after);
}
