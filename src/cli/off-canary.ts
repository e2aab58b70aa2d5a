import type { ControllerEvent } from '../controller/events.js';
import { targetOf } from '../controller/target.js';
import { type OffWatch, watchOff } from '../controller/watch-off.js';
import { type History, logEntry } from '../core/history.js';
import { type Leg, ownLegs, weightOf } from '../core/legs.js';
import type { OffCanary } from '../core/off-canary.js';
import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Log } from '../server/log.js';
import { InFlightReader } from '../signals/in-flight.js';
import { SCRAPE_LIMITS } from '../signals/scrape-budget.js';
import type { Context } from './context.js';
import { type Look, lookAt } from './look.js';
import type { Ears } from './run-ears.js';
import { catalogOf } from './signals.js';

/** How long a command waits at its end for the callers, and a controller, ms. */
const COMMAND: OffWatch = { patience: 3_000, every: 100 };
const CONTROLLER: OffWatch = { patience: 60_000, every: 250 };
/** A status looks once more than it must, and only so long after a revert, ms. */
const STATUS: OffWatch = { patience: 1_000, every: 100 };
const STATUS_ASKS = 600_000;

/** Whether every caller that can be read is off the canary that was taken back; undefined where none was, lately, or none can be read. */
export async function readOffCanary(
  context: Context,
  look: Pick<Look, 'rollout' | 'plan' | 'history'>,
  times: OffWatch = STATUS,
): Promise<OffCanary | undefined> {
  const { rollout, plan, history } = look;
  if (rollout === undefined || plan === undefined || !isTakenBack(rollout)) return undefined;
  if (context.clock.now() > rollout.enteredAt + STATUS_ASKS) return undefined;
  const reader = new InFlightReader(catalogOf(context), () => context.clock.now(), SCRAPE_LIMITS.perSecond);
  try {
    return await confirm(context, reader, { plan: plan.plan, rollout, ...backIn(history, rollout) }, times);
  } finally {
    reader.close();
  }
}

/** At the end of a command that took traffic back, or watched that: says that every caller is off canary and how soon, or who is not; the log keeps it, unless the command only watched. One line of NDJSON with `-o json`. */
export async function tellOffCanary(context: Context, service: string, how: 'keeps' | 'watched' = 'keeps'): Promise<void> {
  const { io, json } = context;
  const look = await lookAt(context, service, 'entries').catch(() => undefined);
  const told = look === undefined ? undefined : await readOffCanary(context, look, COMMAND);
  if (told === undefined || look?.rollout === undefined) return;
  if (json) io.out(`${JSON.stringify({ type: 'off-canary', ...told })}\n`);
  io.err(`${told.message}\n${told.off ? '' : `  -> splitter status ${service}   tells when it is\n`}`);
  if (how === 'keeps') await keep(context, service, look.rollout, told);
}

/** Looks after each revert that a controller counts until every caller is off canary, and logs that; reads at most so many pages a second. `stop` ends all looks. */
export function createOffEars(context: Context, log: Log, perSecond: number): Ears & { stop(): void } {
  const reader = new InFlightReader(catalogOf(context), () => context.clock.now(), perSecond);
  const all = new AbortController();
  const watches = new Map<string, AbortController>();
  const watch = async (service: string, plan: Plan, rollout: Rollout, before: number | undefined): Promise<void> => {
    const own = new AbortController();
    watches.set(service, own);
    const abort = AbortSignal.any([own.signal, all.signal]);
    const told = await confirm(context, reader, { plan, rollout, since: rollout.enteredAt, before }, CONTROLLER, abort);
    if (watches.get(service) === own) watches.delete(service);
    if (told === undefined || abort.aborted) return;
    const { subset, off, ms, message } = told;
    log[off === true ? 'info' : 'warn']({ service, rollout: rollout.id, what: 'off-canary', subset, off, ms }, message);
    await keep(context, service, rollout, told);
  };
  return {
    hear(event: ControllerEvent) {
      if (event.kind !== 'decided' || !event.counts) return;
      // The next rollout gives the subset traffic again.
      const { service, plan, rollout, before } = event;
      const began = isTakenBack(rollout) && !isTakenBack(before);
      if (began || !isTakenBack(rollout)) watches.get(service)?.abort();
      if (began) void watch(service, plan, rollout, shareIn(before.asked, rollout.canary));
    },
    stop: () => {
      all.abort();
      reader.close();
    },
  };
}

function isTakenBack({ state }: Rollout): boolean {
  return state.phase === 'Reverted' || state.phase === 'Superseded' || state.phase === 'Reverting';
}

interface Reverted {
  readonly plan: Plan;
  readonly rollout: Rollout;
  readonly since: number;
  readonly before: number | undefined;
}

function confirm(
  { clock }: Context,
  reader: InFlightReader,
  { plan, rollout, since, before }: Reverted,
  times: OffWatch,
  abort = new AbortController().signal,
): Promise<OffCanary | undefined> {
  const target = targetOf(plan, rollout, rollout.id);
  const taken = { subset: rollout.canary, since, before };
  return watchOff(taken, () => reader.readSent(target, rollout.canary), times, clock, abort);
}

/** When canary's traffic was taken back, and what it had before, as the log tells; cleaning up after it has a later record. */
function backIn(history: History | undefined, { id, canary, enteredAt }: Rollout): Pick<Reverted, 'since' | 'before'> {
  const entries = history?.rollout === id ? history.entries : [];
  const last = entries.findLastIndex(({ asked }) => weightOf(asked, canary) > 0);
  if (last === -1) return { since: enteredAt, before: undefined };
  return { since: entries[last + 1]?.enteredAt ?? enteredAt, before: shareIn(entries[last]!.asked, canary) };
}

function shareIn(legs: readonly Leg[], canary: string): number | undefined {
  const own = ownLegs(legs);
  const whole = own.reduce((sum, { weight }) => sum + weight, 0);
  const share = whole === 0 ? 0 : weightOf(own, canary) / whole;
  return share === 0 ? undefined : share;
}

/** Adds it to the entry of the revert in the decision log; a log that cannot be written is no reason to fail. */
async function keep(context: Context, service: string, rollout: Rollout, { message }: OffCanary): Promise<void> {
  const entry = { ...logEntry(rollout, context.clock.now(), [], 0, 0), off: message };
  await context.store.log(service, rollout.id, [entry]).catch(() => undefined);
}
