import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { Finding } from '../core/verdict.js';
import type { WaveState } from './wave-run.js';

/** What a controller tells whoever listens: logs, metrics, notifications. Times in ms. */
export type ControllerEvent =
  /** A record is new. `counts`: this controller is the one of all to count it, as its writer or as the owner that sees a person's or a terminal's. */
  | {
      readonly kind: 'decided';
      readonly service: string;
      readonly plan: Plan;
      readonly rollout: Rollout;
      readonly before: Rollout;
      readonly findings: readonly Finding[];
      readonly counts: boolean;
    }
  /** An entry of the service is new, changed or gone, whoever wrote it. */
  | { readonly kind: 'entry'; readonly service: string }
  /** The rollout is this controller's to advance, since now. */
  | { readonly kind: 'owned'; readonly service: string; readonly rollout: string; readonly plan: Plan }
  /** What became of a scheduled start. */
  | { readonly kind: 'due'; readonly service: string; readonly what: 'starts' | 'skipped' | 'waits'; readonly why: string }
  | { readonly kind: 'freeze'; readonly freeze: Freeze | undefined }
  /** Somebody else was faster with a write; looked at again. */
  | { readonly kind: 'conflict'; readonly service: string }
  /** A turn began this long after it was due. */
  | { readonly kind: 'lag'; readonly ms: number }
  /** Consul cannot answer: nothing advances until it can; reverts are tried on. */
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'calm'; readonly after: number }
  /** One service cannot be driven for a reason that will not pass by itself. Told once for each message. */
  | { readonly kind: 'refused'; readonly service: string; readonly message: string; readonly hint: string }
  /** Where a rollout in waves stands: told whenever that changes. */
  | { readonly kind: 'waves'; readonly service: string; readonly state: WaveState }
  | { readonly kind: 'members'; readonly members: readonly string[] }
  /** Whether this controller is a member: registered under its own session. */
  | { readonly kind: 'membership'; readonly held: boolean; readonly why: string };
