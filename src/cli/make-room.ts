import { setTimeout as sleep } from 'node:timers/promises';
import { splitterWrite } from '../core/decision.js';
import { DEFAULTS } from '../core/defaults.js';
import { hookAtEnd, isFinal } from '../core/rollout.js';
import { start, supersede } from '../core/verbs/start.js';
import { oneLine } from '../view/style.js';
import { act, finish } from './act.js';
import type { Context } from './context.js';
import { requireReady } from './drive-service.js';
import { CommandError } from './exit.js';
import { type Look, lookAt } from './look.js';
import type { SourcedPlan } from './plan-source.js';

const LOOK_AGAIN = 300;
/** How long a driver whose rollout has just ended may take to leave. */
const LEAVES_WITHIN = 15_000;

/**
 * Makes room for a start with this plan: a rollout under way by the same plan is left to go on; by another one it is superseded, waited for, or
 * in the way, as its plan says. Returns when the service is free, or its rollout is this plan's own.
 */
export async function makeRoom(context: Context, sourced: SourcedPlan): Promise<void> {
  const { service } = sourced.plan;
  const quiet = sayOnce(context);
  let queued = '';
  let freed: number | undefined;
  for (;;) {
    const look = await lookAt(context, service);
    const { rollout } = look;
    if (rollout === undefined) return;
    const holder = await context.lock.read(service, context.clock.now());
    const { phase } = rollout.state;
    const ending = (phase === 'Promoting' || phase === 'Reverting') && rollout.plan !== sourced.digest;
    const unfinished = ending || hookAtEnd(rollout) !== undefined;
    // What a driver that is gone has left undone is done first.
    if (holder === undefined && unfinished) {
      const left = await finish(quiet, service);
      if (!isFinal(left)) throw new CommandError(left.message, `splitter status ${service}`);
      // A hook that a controller runs just now is only waited for.
      if (hookAtEnd(left) !== undefined) await sleep(LOOK_AGAIN);
      continue;
    }
    const room = start(rollout, { service }, sourced.digest, '', look.plan?.plan.on.newVersion ?? DEFAULTS.on.newVersion);
    switch (room.kind) {
      case 'begin':
        if (queued === '' && freed === undefined) return;
        freed ??= context.clock.now();
        if (holder === undefined || context.clock.now() > freed + LEAVES_WITHIN) return;
        break;
      case 'go-on':
        return;
      case 'refused':
        throw new CommandError(room.message, room.hint);
      case 'supersede':
        await giveWay(context, sourced, look);
        freed = context.clock.now();
        continue;
      case 'queue':
        if (queued !== room.message) context.io.err(`Queued: ${oneLine(room.message)}\n`);
        queued = room.message;
    }
    await sleep(LOOK_AGAIN);
  }
}

/** The same context, which says the same words once, however often it looks. */
function sayOnce(context: Context): Context {
  const said = new Set<string>();
  const err = (text: string): void => {
    if (!said.has(text)) context.io.err(text);
    said.add(text);
  };
  return { ...context, io: { ...context.io, err } };
}

/** Takes the rollout under way back to stable, once it is sure that the new plan could begin then. */
async function giveWay(context: Context, sourced: SourcedPlan, { seen, rollout }: Look): Promise<void> {
  const { service, subsets } = sourced.plan;
  const verbContext = { service, seen, by: context.by, now: context.clock.now() };
  const after = rollout === undefined ? undefined : supersede(rollout, verbContext);
  if (after?.kind === 'write') {
    const { entry } = splitterWrite(seen, service, after.next, true);
    const instances = await context.mesh.countInstances(service, subsets);
    requireReady(context, sourced, { ...seen, instances, splitter: { entry, modifyIndex: seen.splitter?.modifyIndex ?? 0 } });
  }
  const acted = await act(context, service, supersede, { entriesOnly: true });
  context.io.err(`Superseded ${service}: ${oneLine(acted.message)}\n`);
  await finish(context, service);
}
