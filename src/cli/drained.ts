import { watchDrain } from '../controller/drain.js';
import type { ControllerEvent } from '../controller/events.js';
import { targetOf } from '../controller/target.js';
import { type Draining, LOOKS_APART } from '../core/draining.js';
import { serving } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Log } from '../server/log.js';
import { InFlightReader } from '../signals/in-flight.js';
import { SCRAPE_LIMITS } from '../signals/scrape-budget.js';
import type { Context } from './context.js';
import { type Look, lookAt } from './look.js';
import type { Ears } from './run-ears.js';
import { catalogOf } from './signals.js';

/** How long a command waits at its end for the old subset's last requests, ms. */
const PATIENCE = 3_000;
/** What lasts longer (streams, uploads) a controller looks for this often and this long, ms. */
const CONTROLLER = { every: 5_000, patience: 3_600_000 };

/** Whether the subset that was promoted away is drained, by its callers' sidecars and its own; undefined where nothing was promoted or none of it runs. */
export async function readDraining(
  context: Context,
  { rollout, plan, seen }: Pick<Look, 'rollout' | 'plan' | 'seen'>,
  patience = 0,
): Promise<Draining | undefined> {
  if (rollout?.state.phase !== 'Promoted' || plan === undefined || serving(seen.instances[rollout.stable]) === 0)
    return undefined;
  const reader = new InFlightReader(catalogOf(context), () => context.clock.now(), SCRAPE_LIMITS.perSecond);
  try {
    return await drain(context, reader, plan.plan, rollout, { patience, every: LOOKS_APART });
  } finally {
    reader.close();
  }
}

/** At the end of a command that promoted: says that the old subset may be stopped, that it is not drained yet, or that it is not known and why. One line of NDJSON with `-o json`. */
export async function tellDraining(context: Context, service: string): Promise<void> {
  const { io, json } = context;
  const look = await lookAt(context, service).catch(() => undefined);
  const draining = look === undefined ? undefined : await readDraining(context, look, PATIENCE);
  if (draining === undefined) return;
  if (json) io.out(`${JSON.stringify({ type: 'draining', ...draining })}\n`);
  io.err(`${draining.message}\n${draining.drained ? '' : `  -> splitter status ${service}   tells when it is\n`}`);
}

/** Looks after each promotion that a controller counts until the old subset is drained, and logs that; reads at most so many pages a second. `stop` ends all looks. */
export function createDrainEars(context: Context, log: Log, perSecond: number): Ears & { stop(): void } {
  const reader = new InFlightReader(catalogOf(context), () => context.clock.now(), perSecond);
  const all = new AbortController();
  const watches = new Map<string, AbortController>();
  const watch = async (service: string, plan: Plan, rollout: Rollout): Promise<void> => {
    const own = new AbortController();
    watches.set(service, own);
    const { drained, message } = await drain(
      context,
      reader,
      plan,
      rollout,
      CONTROLLER,
      AbortSignal.any([own.signal, all.signal]),
    );
    if (watches.get(service) === own) watches.delete(service);
    if (!own.signal.aborted && !all.signal.aborted)
      log.info({ service, rollout: rollout.id, what: 'draining', subset: rollout.stable, drained }, message);
  };
  return {
    hear(event: ControllerEvent) {
      if (event.kind !== 'decided' || !event.counts) return;
      // An undo, or the next rollout, gives the subset its traffic back.
      watches.get(event.service)?.abort();
      if (event.rollout.state.phase === 'Promoted') void watch(event.service, event.plan, event.rollout);
    },
    stop: () => {
      all.abort();
      reader.close();
    },
  };
}

function drain(
  { clock }: Context,
  reader: InFlightReader,
  plan: Plan,
  rollout: Rollout,
  times: { readonly patience: number; readonly every: number },
  abort = new AbortController().signal,
): Promise<Draining> {
  const target = targetOf(plan, rollout, rollout.id);
  const watch = { subset: rollout.stable, since: rollout.enteredAt, ...times };
  const filter = plan.subsets.find(({ name }) => name === rollout.stable)?.filter ?? '';
  return watchDrain(watch, () => reader.read(target, { name: rollout.stable, filter }), clock, abort);
}
