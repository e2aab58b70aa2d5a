import type { Task } from './judgement-simulate.js';

const HOUR = 3_600;
const RATES = [1, 10, 100, 1_000];
const NO_STABLE = { rps: 0, errors: 0 };

/** All situations, the longest first so that two workers end together. */
export function listTasks(runs: number): readonly Task[] {
  const tasks = [...listLong(), ...listHealthy(), ...listHarmful(), ...listCompared()];
  return tasks.map((task, i) => ({ ...task, runs, seed: 1_000 + i }));
}

type Situation = Omit<Task, 'runs' | 'seed'>;

/** Three hours exactly on the bound, looked at ten times a second. */
function listLong(): readonly Situation[] {
  const situation = {
    family: 'bound',
    errors: 0.005,
    onset: 0,
    seconds: 3 * HOUR,
    looks: 10,
    stable: NO_STABLE,
    alone: true,
    healthy: true,
  } as const;
  return [...RATES].reverse().map((rps) => ({ ...situation, rps }));
}

function listHealthy(): readonly Situation[] {
  return RATES.flatMap((rps) =>
    [0.001, 0.003, 0.005].map((errors) => ({
      ...{ family: 'bound' as const, rps, errors, onset: 0, seconds: HOUR, looks: 1 },
      ...{ stable: NO_STABLE, alone: false, healthy: true },
    })),
  );
}

function listHarmful(): readonly Situation[] {
  return RATES.flatMap((rps) =>
    [0, HOUR].flatMap((onset) =>
      [0.01, 0.02, 0.05, 0.2].map((errors) => ({
        ...{ family: 'bound' as const, rps, errors, onset, seconds: HOUR, looks: 10 },
        ...{ stable: NO_STABLE, alone: false, healthy: false },
      })),
    ),
  );
}

/** Canary at 10 requests a second beside a stable of 90 or 10, which has 0.3 %; canary may be worse by 0.2 %. The last: an outage of both. */
function listCompared(): readonly Situation[] {
  const base = { family: 'compare', rps: 10, alone: false, seconds: HOUR } as const;
  return [90, 10].flatMap((rps) => {
    const stable = { rps, errors: 0.003 };
    const healthy = [0.001, 0.003, 0.005].map((errors) => ({ ...base, errors, onset: 0, looks: 1, stable, healthy: true }));
    const harmful = [0, HOUR].flatMap((onset) =>
      [0.02, 0.05, 0.2].map((errors) => ({ ...base, errors, onset, looks: 10, stable, healthy: false })),
    );
    const outage = { ...base, errors: 0.05, onset: 600, looks: 1, stable: { rps, errors: 0.05 }, healthy: true };
    return [...healthy, ...harmful, outage];
  });
}
