/** What a person may do with a rollout. */
export const ACTIONS = ['pause', 'resume', 'promote', 'abort', 'undo', 'retry'] as const;
export type Action = (typeof ACTIONS)[number];

/** How long a read may take until its answer begins, ms. */
export const READ_PATIENCE = 30_000;

/** How long an action may take until its answer comes, ms: the plan's own checks run before that of a retry. */
export function patienceOf(action: Action): number {
  return action === 'retry' ? 300_000 : 60_000;
}

/** Which rollouts need a look, in this order; every service is in exactly one. */
export const ATTENTION = ['person', 'reverted', 'no_data', 'progressing', 'baking', 'idle'] as const;
export type Attention = (typeof ATTENTION)[number];
