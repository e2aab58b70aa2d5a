/** How something of the user's own ended, before it is tied to its place in a rollout. */
export interface Ending {
  readonly ok: boolean;
  readonly message: string;
  readonly output: string;
}

/** How much of an output is kept: its end, where errors stand. Characters. */
export const KEPT_OUTPUT = 2_000;
