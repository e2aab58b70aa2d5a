import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Finding } from '../core/verdict.js';
import type { WaveState } from './wave-run.js';

/** What a controller tells whoever listens: logs, metrics, notifications. Times in ms. */
export type ControllerEvent =
  /** A record is new: written by this controller (`own`), or by somebody else and followed. */
  | {
      readonly kind: 'decided';
      readonly service: string;
      readonly plan: Plan;
      readonly rollout: Rollout;
      readonly before: Rollout;
      readonly findings: readonly Finding[];
      readonly own: boolean;
    }
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
