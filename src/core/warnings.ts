import { warnOfStale } from './following.js';
import type { Observation } from './observation.js';
import type { Rollout } from './rollout.js';
import { warnOfNobody } from './way-back.js';

/** What is to be said of a rollout under way whatever it does just now: that nothing could go back, that a caller does not follow. */
export function warningsOf(seen: Pick<Observation, 'instances' | 'following'>, rollout: Rollout): readonly string[] {
  return [warnOfNobody(seen, rollout), warnOfStale(seen)].filter((warning) => warning !== undefined);
}

/** A sentence with a warning, unless it has it already. */
export function warned(said: string, warning: string): string {
  return said.includes(warning) ? said : `${said}; ${warning}`;
}
