/** What a person may do with a rollout. */
export const ACTIONS = ['pause', 'resume', 'promote', 'abort', 'undo', 'retry'] as const;
export type Action = (typeof ACTIONS)[number];

/** Which rollouts need a look, in this order; every service is in exactly one. */
export const ATTENTION = ['person', 'reverted', 'no_data', 'progressing', 'baking', 'idle'] as const;
export type Attention = (typeof ATTENTION)[number];
