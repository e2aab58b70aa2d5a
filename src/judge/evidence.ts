/**
 * Evidence against a null hypothesis as an e-process with restarts. It is an even mixture: `mass[i]` is the wealth that bets on alternative i, summed
 * over all starts so far; what has not been started yet waits at face value. Under the null its expectation never exceeds 1, however
 * often it is looked at, so by Ville's inequality the chance of EVER reaching 1/alpha is at most alpha.
 * Shin, Ramdas, Rinaldo: E-detectors (2022); Waudby-Smith, Ramdas: Estimating means of bounded random variables by betting (2024).
 */
export interface Evidence {
  readonly mass: readonly number[];
  /** Requests seen: the clock by which starts are spread. */
  readonly seen: number;
  /** Steps of the rollout entered since the first: each is a likelier moment for a regression and has a start of its own. */
  readonly steps: number;
  /** The part of the wealth that has been started: `startedShare(seen, steps)`, kept because every look asks for it. */
  readonly started: number;
}

/** Wealth is kept below this: far beyond any threshold, and still a finite number after any sum. */
const LARGEST_MASS = 1e50;

const AT_ONCE = 0.25;
const OVER_STEPS = 0.1;
const OVER_REQUESTS = 1 - AT_ONCE - OVER_STEPS;
const SPREAD = 10_000;

/**
 * The part of the wealth that has been started after `seen` requests and `steps` steps; below 1 for ever. Spread over requests as the power law
 * 1 - (1 + n/10000)^-0.25, so what a late start costs in evidence grows with the logarithm of n only: at no n does health buy a bad version much time.
 */
export function startedShare(seen: number, steps: number): number {
  return AT_ONCE + OVER_STEPS * (steps / (steps + 1)) + OVER_REQUESTS * (1 - 1 / Math.sqrt(Math.sqrt(1 + seen / SPREAD)));
}

/** Evidence with these masses after so many requests and steps. */
export function evidenceAt(mass: readonly number[], seen: number, steps: number): Evidence {
  return { mass, seen, steps, started: startedShare(seen, steps) };
}

/** Evidence over `size` alternatives before the first request: its strength is 1, which says nothing. */
export function freshEvidence(size: number): Evidence {
  return evidenceAt(
    Array.from({ length: size }, () => startedShare(0, 0) / size),
    0,
    0,
  );
}

/**
 * Evidence after one more look: alternative i multiplies its wealth by its factor, THEN new starts join, so that no start knows
 * what it bets on. The expectation of a factor must be at most 1 under the null.
 */
export function growEvidence(evidence: Evidence, requests: number, factors: readonly number[]): Evidence {
  const size = evidence.mass.length;
  const seen = evidence.seen + requests;
  const started = startedShare(seen, evidence.steps);
  const joining = (started - evidence.started) / size;
  const mass = evidence.mass.slice();
  for (let i = 0; i < size; i++) mass[i] = Math.min(mass[i]! * factors[i]!, LARGEST_MASS) + joining;
  return { mass, seen, steps: evidence.steps, started };
}

/** The same evidence with the start that belongs to a new step; its strength does not change. */
export function enterStep(evidence: Evidence): Evidence {
  const steps = evidence.steps + 1;
  const started = startedShare(evidence.seen, steps);
  const joining = (started - evidence.started) / evidence.mass.length;
  return { mass: evidence.mass.map((mass) => mass + joining), seen: evidence.seen, steps, started };
}

/** How strongly the data speak against the null: compare with 1/alpha. */
export function strengthOf(evidence: Evidence): number {
  let sum = 1 - evidence.started;
  for (const mass of evidence.mass) sum += mass;
  return sum;
}
