import { roomFor } from '../core/legs.js';
import { type Instances, serving } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { owedBy } from '../core/programs.js';
import { rampSteps } from '../core/ramp.js';
import type { Roles } from '../core/roles.js';
import { askedCanary } from '../core/rollout.js';
import { answerTo, questionOf, type StageAction, type StageFacts, type StageState } from '../core/stage.js';
import { abort } from '../core/verbs/abort.js';
import { refuseWhileClosed } from '../core/verbs/obey-closed.js';
import { retarget } from '../core/verbs/retarget.js';
import type { BasisPoints } from '../core/weights.js';
import { act } from './act.js';
import type { Context } from './context.js';
import { type Attended, driveService, takeLock } from './drive-service.js';
import { EXIT, type ExitCode, explainError } from './exit.js';
import type { Io } from './io.js';
import { requireOwnChecks } from './own-checks.js';
import type { PlannedRamp } from './plan-ramp.js';
import { rampPlan, type SourcedPlan } from './plan-source.js';
import { policyCommand } from './policy-command.js';
import type { RampFlags } from './ramp.js';
import { StageView } from './stage-view.js';
import { undoPromotion } from './verbs.js';
import { warnCutWeights } from './warn-cut.js';

/** What an interactive stage is made of. */
export interface StageParts {
  readonly context: Context;
  readonly planned: PlannedRamp;
  readonly roles: Roles;
  /** The id that it drives under. */
  readonly driver: string;
  readonly ask: NonNullable<Io['ask']>;
  readonly flags: RampFlags;
}

/** An interactive stage: a person is asked for weights, beside a drive that watches the signals all the while. */
export class Stage {
  readonly #parts: StageParts;
  readonly #view: StageView;
  readonly #leave = new AbortController();
  readonly #plans = new Map<string, Plan>();
  #state: StageState = { kind: 'weight' };
  #left = false;
  #failure: unknown;

  constructor(parts: StageParts) {
    this.#parts = parts;
    this.#view = new StageView(parts.context);
  }

  /** From the first question to the end; the exit code is that of where traffic is then. */
  async run(): Promise<ExitCode> {
    const { live, from } = this.#parts.planned;
    const first = live === undefined ? await this.#askFirst() : { kind: 'set' as const, weight: from };
    if (first === undefined) return EXIT.interrupted;
    if (first.kind !== 'set') return EXIT.done;
    const code = await this.#drive(first.weight);
    const ended = this.#view.frame?.rollout?.state.phase === 'Promoted';
    return code === EXIT.done && ended ? this.#offerRollback() : code;
  }

  /** The first weight, before anything is written; undefined where the person went away. */
  async #askFirst(): Promise<StageAction | undefined> {
    for (;;) {
      const answer = await this.#parts.ask(questionOf(this.#state, this.#facts()));
      if (answer === undefined) {
        this.#parts.context.io.err('Nothing was written.\n');
        return undefined;
      }
      const action = this.#take(answer);
      if (action !== undefined) return action;
    }
  }

  async #drive(weight: BasisPoints): Promise<ExitCode> {
    const { context, planned, roles, driver, flags } = this.#parts;
    const { service } = planned.sourced.plan;
    const sourced = this.#planTo(weight);
    const note = await requireOwnChecks(context, sourced, roles, flags);
    const lock = await takeLock(context, service, driver, 'ramp');
    const attended: Attended = {
      view: this.#view,
      planOf: (digest) => this.#plans.get(digest),
      leave: this.#leave.signal,
      hasLeft: () => this.#left,
    };
    const hold = Number.POSITIVE_INFINITY;
    const onInterrupt = flags.onInterrupt ?? 'hold';
    const talking = this.#talk();
    const driving = driveService(context, sourced, lock, driver, { kind: 'ramp', hold, onInterrupt, note, attended });
    const [code] = await Promise.all([driving.finally(() => this.#view.close()), talking]);
    if (this.#failure !== undefined) throw this.#failure;
    return code;
  }

  /** Asks whenever the rollout stands, until the drive has ended. What cannot be done is told, and asked again. */
  async #talk(): Promise<void> {
    const { ask } = this.#parts;
    const { ended } = this.#view;
    try {
      while (await this.#view.stands()) {
        const answer = await ask(questionOf(this.#state, this.#facts()), ended);
        if (ended.aborted) return;
        this.#view.renew();
        const action = answer === undefined ? undefined : this.#take(answer);
        if (answer === undefined) this.#leave.abort();
        else if (action !== undefined) await this.#do(action);
        if (this.#leave.signal.aborted) return;
      }
    } catch (error) {
      this.#failure = error;
      this.#leave.abort();
    }
  }

  #take(answer: string): StageAction | undefined {
    const turn = answerTo(this.#state, answer, this.#facts());
    this.#state = turn.state;
    if (turn.say !== '') this.#parts.context.io.err(`${turn.say}\n`);
    return turn.action;
  }

  async #do(action: StageAction): Promise<void> {
    const { context, planned } = this.#parts;
    const { service } = planned.sourced.plan;
    try {
      switch (action.kind) {
        case 'set':
          return await this.#set(action.weight);
        case 'full':
          return await this.#set(this.#facts().room);
        case 'abort':
          await act(context, service, abort, { depth: 'readable' });
          return;
        case 'leave':
          this.#left = true;
          return this.#leave.abort();
        case 'undo':
          return;
      }
    } catch (error) {
      // Refused, or Consul does not answer just now: the drive goes on, and so does the person.
      const { text } = explainError(error, policyCommand('ramp', [service]));
      if (text.includes('this is a bug')) throw error;
      context.io.err(text);
    }
  }

  /** Gives the rollout under way one weight to go to, in a plan of its own, which its driver and every controller then follow. */
  async #set(weight: BasisPoints): Promise<void> {
    const { context, driver } = this.#parts;
    const { plan, digest, source } = this.#planTo(weight);
    const { id } = this.#view.frame!.rollout!;
    await context.store.recordPlan(plan.service, id, digest, plan, source);
    const { rollout } = await act(context, plan.service, (now, verbContext) => {
      const result = retarget(now, verbContext, digest, driver, owedBy(plan));
      const raises = result.kind === 'write' && weight > askedCanary(now);
      return (raises ? refuseWhileClosed(verbContext, 'keep this weight') : undefined) ?? result;
    });
    this.#view.awaitRecord(rollout.seq);
  }

  #planTo(weight: BasisPoints): SourcedPlan {
    const { context, planned } = this.#parts;
    const steps = (from: BasisPoints) => rampSteps(from, weight, undefined, undefined);
    const sourced = rampPlan(planned.sourced, this.#facts().weight, { steps });
    warnCutWeights(context.io, sourced.plan.steps);
    this.#plans.set(sourced.digest, sourced.plan);
    return sourced;
  }

  #facts(): StageFacts {
    const { planned, roles, flags } = this.#parts;
    const { frame } = this.#view;
    const rollout = frame?.rollout;
    const { service, legs } = planned.sourced.plan;
    const instances: Readonly<Record<string, Instances>> = frame?.seen.instances ?? planned.seen.instances;
    const ready = (subset: string): number => serving(instances[subset]);
    return {
      service,
      stable: roles.stable,
      canary: roles.canary,
      weight: rollout === undefined ? planned.from : askedCanary(rollout),
      room: roomFor(legs),
      begun: (rollout ?? planned.live) !== undefined,
      byInstances: flags.byInstances === true,
      instances: { stable: ready(roles.stable), canary: ready(roles.canary) },
    };
  }

  /** The last stage, of a promoted rollout that nobody drives any more. */
  async #offerRollback(): Promise<ExitCode> {
    const { context, ask, planned } = this.#parts;
    this.#state = { kind: 'rollback' };
    for (;;) {
      const answer = await ask(questionOf(this.#state, this.#facts()));
      const action = answer === undefined ? undefined : this.#take(answer);
      if (answer === undefined) return EXIT.interrupted;
      if (action?.kind === 'leave') return EXIT.done;
      if (action?.kind !== 'undo') continue;
      // In the plan's own namespace, partition and datacenter, which the context has been brought to.
      await undoPromotion(context, planned.sourced.plan.service);
      return EXIT.reverted;
    }
  }
}
