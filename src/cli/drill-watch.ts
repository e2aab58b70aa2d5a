import { setTimeout as sleep } from 'node:timers/promises';
import { clearSince, type DrillSample } from '../core/drill.js';
import type { EnvoySignal, Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import type { Context } from './context.js';
import { createSignals } from './signals.js';

/** Between two looks at the callers' sidecars, ms: how exact the times of a report are. */
export const LOOK_EVERY = 200;
const PATIENCE = 20_000;
const COUNT: EnvoySignal = { name: 'drill', source: 'envoy', metric: 'errors', max: 1 };

/** Counts what users got of both versions, by the callers' sidecars, while a part of a drill goes on. */
export interface DrillWatch {
  readonly samples: readonly DrillSample[];
  /** Waits until no request reaches canary any more, at most some 20 seconds; null when that cannot be told. */
  awaitClear(reverted: number): Promise<number | null>;
  stop(): Promise<void>;
}

/** Begins to count; a sidecar that cannot be read is asked again at the next look. */
export function watchDrill(context: Context, plan: Plan, roles: Pick<Roles, 'stable' | 'canary'>): DrillWatch {
  const { service, namespace, partition, datacenter, callers, metrics } = plan;
  const scope = Object.fromEntries(
    Object.entries({ namespace, partition, datacenter, metrics }).filter(([, value]) => value !== undefined),
  );
  const target = { service, ...scope, stable: roles.stable, canary: roles.canary, callers };
  const signals = createSignals(context, plan);
  const samples: DrillSample[] = [];
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    const [reading] = await signals.read([COUNT], target, stop.signal);
    if (reading?.measurement.kind !== 'counts') return;
    const { canary, stable } = reading.measurement;
    samples.push({ at: reading.at, canary, stable });
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await sleep(LOOK_EVERY, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    samples,
    awaitClear: async (reverted) => {
      const deadline = context.clock.now() + PATIENCE;
      while (context.clock.now() < deadline) {
        const clear = clearSince(samples, reverted);
        if (clear !== null) return clear;
        await sleep(LOOK_EVERY);
      }
      return clearSince(samples, reverted, false);
    },
    stop: async () => {
      stop.abort();
      await looking;
    },
  };
}
