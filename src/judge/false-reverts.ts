import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { expose } from './expose.js';
import { healthyScene, type Nearness, nearnessesOf } from './healthy-scene.js';
import type { Shares } from './simulated-traffic.js';

/** How often one count signal failed a healthy canary; `bad`: the true shares that it was tried on. */
export interface SignalOdds {
  readonly name: string;
  readonly bad: Shares;
  readonly reverted: number;
}

/** How many of these rollouts of a healthy canary were taken back, in all and by which signal (two may fail at one look), or stopped to wait for a person. */
export interface FalseReverts {
  readonly nearness: Nearness;
  readonly runs: number;
  readonly reverted: number;
  readonly held: number;
  readonly signals: readonly SignalOdds[];
}

/** What to try: requests a second to the service, rollouts at each nearness, and whom to tell how many of how many are done. */
export interface Trials {
  readonly rps: number;
  readonly runs: number;
  readonly told?: (done: number, of: number) => void;
}

/** Tries the plan on healthy canaries, at its own weights and durations; the same numbers from `random` (in [0, 1)) give the same result. */
export function measureFalseReverts(
  plan: Plan,
  roles: Roles,
  { rps, runs, told }: Trials,
  random: () => number,
): readonly FalseReverts[] {
  const levels = nearnessesOf(plan);
  return levels.map((nearness, level) => {
    const scene = healthyScene(plan, nearness, rps);
    const rollouts = Array.from({ length: runs }, (_, run) => {
      const { reverted, held, failedSignals } = expose(plan, roles, scene, random);
      told?.(level * runs + run + 1, levels.length * runs);
      return { reverted, held, failedSignals };
    });
    return {
      nearness,
      runs,
      reverted: rollouts.filter(({ reverted }) => reverted).length,
      held: rollouts.filter(({ held }) => held).length,
      signals: scene.streams.flatMap(({ bad, signals }) =>
        signals.map(({ name }) => ({
          name,
          bad,
          reverted: rollouts.filter((rollout) => rollout.reverted && rollout.failedSignals.includes(name)).length,
        })),
      ),
    };
  });
}
