import { type Leg, weightOf } from './legs.js';
import type { HookName } from './plan.js';
import type { BasisPoints } from './weights.js';

/** Why a rollout stands still until a person (or, for some, the world) changes something. */
export type PauseReason =
  | 'TargetReached'
  | 'PauseStep'
  | 'Operator'
  | 'Drift'
  | 'NoData'
  | 'SignalError'
  | 'StepTimeout'
  /** A hook or a `run` step failed. The step is the one that could not be entered or passed. */
  | 'ProgramFailed'
  /** Its foreground driver is gone, and no controller may go on without being told. */
  | 'DriverLost';

/** Why traffic went back to stable. */
export type RevertReason =
  | 'Aborted'
  | 'SignalFailed'
  | 'NoInstances'
  | 'DeadlineExceeded'
  | 'StepTimeout'
  | 'NoData'
  | 'SignalError'
  | 'RunFailed'
  | 'DriverLost'
  | 'Undone'
  /** Another member of its group was taken back. */
  | 'GroupReverted'
  /** A rollout in waves was taken back at another site. */
  | 'WaveReverted';

/** What a rollout is doing; each phase carries only its own fields. `step` is an index into the plan's steps; the number of steps means the bake. */
export type State =
  /** `step` is the first step to enter once the mesh is ready. */
  | { readonly phase: 'Pending'; readonly reason: 'Starting'; readonly step: number }
  /** `Resumed`: a person has said that the present step needs no more waiting. */
  | { readonly phase: 'Progressing'; readonly reason: 'Stepping' | 'Resumed'; readonly step: number }
  | { readonly phase: 'Paused'; readonly reason: PauseReason; readonly step: number }
  | { readonly phase: 'Baking'; readonly reason: 'Watching' | 'Resumed'; readonly step: number }
  | { readonly phase: 'Promoting'; readonly reason: 'BakePassed' | 'PromotedInFull'; readonly step: number }
  | { readonly phase: 'Promoted'; readonly reason: 'BakePassed' | 'PromotedInFull'; readonly step: number }
  | { readonly phase: 'Reverting'; readonly reason: RevertReason | 'NewRollout'; readonly step: number }
  | { readonly phase: 'Reverted'; readonly reason: RevertReason; readonly step: number }
  | { readonly phase: 'Superseded'; readonly reason: 'NewRollout'; readonly step: number };

export type Phase = State['phase'];
export type Reason = State['reason'];

/** One attempt to move a service from stable to canary: the whole record that lives in the splitter's Meta. Times in ms since the epoch. */
export interface Rollout {
  /** Members of one run of a group share it. */
  readonly id: string;
  /** The group that it is a member of; absent for a service on its own. */
  readonly group?: string;
  /** In a rollout in waves the site: `home`, or the name of the wave; absent in one without waves. */
  readonly wave?: string;
  /** A rehearsal: `splitter drill` began it. */
  readonly drill?: true;
  /** Once promoted: the filter that stable had, for a new plan may give that subset another version before anybody undoes it. */
  readonly before?: string;
  /** +1 at every write, so that each write is distinct and a CAS answer of `true` means that this write won. */
  readonly seq: number;
  readonly stable: string;
  readonly canary: string;
  /** sha256 of the canonical plan that it follows. */
  readonly plan: string;
  /** Id of whoever advances it; empty when nobody does. */
  readonly driver: string;
  readonly by: string;
  readonly startedAt: number;
  /** When the present step (or phase) was entered. */
  readonly enteredAt: number;
  /** The weights that splitter asked for; what Consul holds may differ (drift). */
  readonly asked: readonly Leg[];
  readonly state: State;
  /** The judge's evidence, encoded; opaque to the core. */
  readonly tally: string;
  /** The reason as a sentence for people. */
  readonly message: string;
  /** Hooks that this rollout still has to run once; each goes when it has run. */
  readonly owes: readonly HookName[];
  /** Filters of subsets that somebody else wrote into the resolver and that this rollout goes on with. */
  readonly adopted: Readonly<Record<string, string>>;
}

/** Whether traffic went back because a person wanted it. */
export function isByPerson(reason: string | null): boolean {
  return reason === 'Aborted' || reason === 'Undone' || reason === 'NewRollout';
}

/** Whether the rollout has ended: nothing but a new rollout or `undo` moves it any more. */
export function isFinal(rollout: Rollout): boolean {
  return rollout.state.phase === 'Promoted' || rollout.state.phase === 'Reverted' || rollout.state.phase === 'Superseded';
}

/** The hook that an ended rollout has still to run; undefined when there is none, or when it has not ended. */
export function hookAtEnd({ state, owes }: Rollout): HookName | undefined {
  const due =
    state.phase === 'Promoted'
      ? 'after_promote'
      : state.phase === 'Reverted' || state.phase === 'Superseded'
        ? 'after_revert'
        : undefined;
  return due !== undefined && owes.includes(due) ? due : undefined;
}

/** The weight that canary was asked to have. */
export function askedCanary(rollout: Rollout): BasisPoints {
  return weightOf(rollout.asked, rollout.canary);
}

/** The further legs of the rollout: everything asked for besides stable and canary. */
export function extraLegs(rollout: Rollout): readonly Leg[] {
  return rollout.asked.filter(
    ({ subset, service }) => service !== undefined || (subset !== rollout.stable && subset !== rollout.canary),
  );
}

/** The rollout after one more write: the given changes, and `seq` one higher. */
export function nextRollout(rollout: Rollout, change: Partial<Omit<Rollout, 'seq' | 'id'>>): Rollout {
  return { ...rollout, ...change, seq: rollout.seq + 1 };
}

/** The state of a rollout that goes on at a step, past the last one the bake; with `resumed` a person has passed the step. */
export function runningAt(step: number, steps: number, resumed: boolean): State {
  if (step >= steps) return { phase: 'Baking', reason: resumed ? 'Resumed' : 'Watching', step };
  return { phase: 'Progressing', reason: resumed ? 'Resumed' : 'Stepping', step };
}
