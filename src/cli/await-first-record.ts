import type { Context } from './context.js';
import { lookAt } from './look.js';

const TRIES = 50;
const PAUSE = 100;

/** A driver that has just begun has no record yet that could be aborted: it gets a few seconds to write one. */
export async function awaitFirstRecord(context: Context, service: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    if ((await lookAt(context, service, 'entries')).rollout !== undefined) return;
    if ((await context.lock.read(service, context.clock.now()).catch(() => undefined)) === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
