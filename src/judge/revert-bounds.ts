import { formatDuration } from '../core/duration.js';
import type { Plan, Signal } from '../core/plan.js';
import { isComparing, isProbe, isScalar, type ScalarSignal } from '../core/scalar-signal.js';
import { alphaShare } from './alpha.js';
import { limitsOf } from './limits.js';
import { leastPairs } from './sign-test.js';

/** What brings a rollout back to stable, and after how long at the latest (ms); `why` says from when it counts and what it is made of. */
export interface RevertBound {
  readonly by: string;
  readonly kind: 'signal' | 'instances' | 'step_timeout' | 'deadline';
  readonly ms: number;
  readonly why: string;
}

/** Between two looks at the callers' sidecars. */
const LOOK = 100;
/** From the write to the last sidecar that follows it, through Consul and Envoy. */
const CARRY = 200;
/** Between two counts of the passing instances in the catalog. */
const COUNT_INSTANCES = 1_000;

/** Everything in a plan that takes traffic back, signals first (a dry run takes nothing back); lost instances and timeouts bound what no signal sees. */
export function boundReverts(plan: Plan): readonly RevertBound[] {
  const { stepTimeout, deadline } = plan;
  const timeout: RevertBound = {
    by: 'step_timeout',
    kind: 'step_timeout',
    ms: stepTimeout,
    why: 'once a step that cannot pass has had its own time',
  };
  return [
    ...plan.signals.filter(({ dryRun }) => dryRun !== true).map((signal) => boundSignal(signal, plan.signals)),
    {
      by: 'no_instances',
      kind: 'instances',
      ms: LOOK + CARRY,
      why: 'once Consul sees no canary instance left',
    },
    ...(plan.on.stepTimeout === 'revert' ? [timeout] : []),
    ...(deadline === undefined
      ? []
      : [{ by: 'deadline', kind: 'deadline' as const, ms: deadline, why: 'from the start of the rollout' }]),
  ];
}

/** How long the slowest signal of a plan takes, once canary fails by it; undefined without signals. */
export function slowestSignal(bounds: readonly RevertBound[]): number | undefined {
  const signals = bounds.filter(({ kind }) => kind === 'signal').map(({ ms }) => ms);
  return signals.length === 0 ? undefined : Math.max(...signals);
}

function boundSignal(signal: Signal, signals: readonly Signal[]): RevertBound {
  const { name: by } = signal;
  if (!isScalar(signal)) {
    const why = `once counts prove it: ${LOOK}ms look, ${CARRY}ms Consul+Envoy`;
    return { by, kind: 'signal', ms: LOOK + CARRY, why };
  }
  if (isComparing(signal)) {
    const pairs = leastPairs(alphaShare(signal, signals));
    const why = `${pairs} pairs in a row that are worse, every ${formatDuration(intervalOf(signal))}, then ${LOOK + CARRY}ms`;
    return { by, kind: 'signal', ms: pairs * intervalOf(signal) + LOOK + CARRY, why };
  }
  const { failureLimit, consecutive } = limitsOf(signal);
  const misses = Math.min(failureLimit + 1, consecutive ?? Number.POSITIVE_INFINITY);
  const interval = intervalOf(signal);
  const patience = isProbe(signal) ? signal.timeout : 0;
  const row = misses === 1 ? 'the first miss' : `${misses} misses${consecutive === misses ? ' in a row' : ''}`;
  const slow = patience === 0 ? '' : ` + ${formatDuration(patience)} timeout`;
  return {
    by,
    kind: 'signal',
    ms: misses * interval + patience + LOOK + CARRY,
    why: `${row}, every ${formatDuration(interval)}${slow}, then ${LOOK + CARRY}ms`,
  };
}

function intervalOf(signal: ScalarSignal): number {
  return signal.source === 'consul' ? COUNT_INSTANCES : signal.interval;
}
