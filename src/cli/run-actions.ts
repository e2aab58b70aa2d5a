import { NO_TOKEN } from '../consul/errors.js';
import type { Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { pause } from '../core/verbs/pause.js';
import { promote } from '../core/verbs/promote.js';
import type { VerbContext, VerbResult } from '../core/verbs/result.js';
import { resume } from '../core/verbs/resume.js';
import { undo } from '../core/verbs/undo.js';
import type { Order, Outcome } from '../server/api/desk.js';
import { type Acted, act } from './act.js';
import { awaitFirstRecord } from './await-first-record.js';
import { type Context, contextOf, type GlobalFlags } from './context.js';
import { CommandError } from './exit.js';
import { type Look, lookAt } from './look.js';
import { beginAnew } from './retry.js';
import { stepsOf } from './verbs.js';

type Verb = (rollout: Rollout, verbContext: VerbContext, look: Look) => VerbResult;

/** Does what a caller of the API asks for, with the caller's own token. What is left after the write (routes, hooks, the last record) the controllers do: they hear of it at once. */
export async function actFor(own: Context, flags: GlobalFlags, order: Order): Promise<Outcome> {
  const { service, token, by } = order;
  const client = own.client.withToken(token, token === undefined ? `${NO_TOKEN}: no token was sent` : 'X-Consul-Token');
  const context = { ...contextOf(client, flags, own.io), by };
  try {
    return order.action === 'retry' ? await retryFor(context, order) : await writeFor(own, context, order);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { entry } = await own.mesh.readEntry('service-splitter', service);
    return entry === undefined ? { kind: 'absent' } : { kind: 'refused', message: error.message, hint: error.hint };
  }
}

async function writeFor(own: Context, context: Context, order: Order): Promise<Outcome> {
  const { service, action } = order;
  let stale = false;
  const verb = verbOf(order);
  const guarded: Verb = (rollout, verbContext, look) => {
    stale = isStale(order, look);
    return stale ? { kind: 'nothing', message: '' } : verb(rollout, verbContext, look);
  };
  if (action === 'abort') await awaitFirstRecord(own, service);
  const options = action === 'abort' ? { entriesOnly: true, remembered: true } : { remembered: action === 'undo' };
  const { changed, message }: Acted = await act(context, service, guarded, options);
  return stale ? { kind: 'stale' } : { kind: 'done', changed, message };
}

async function retryFor(context: Context, order: Order): Promise<Outcome> {
  const look = await lookAt(context, order.service);
  if (isStale(order, look)) return { kind: 'stale' };
  await beginAnew(context, look, { skip: { force: order.body.force === true }, detach: true, hold: 0 });
  return { kind: 'done', changed: true, message: `begun anew by ${order.by}; last time: ${look.rollout?.message ?? ''}` };
}

function isStale({ ifIndex }: Order, { seen }: Look): boolean {
  return ifIndex !== undefined && seen.splitter?.modifyIndex !== ifIndex;
}

function verbOf({ action, body }: Order): Verb {
  switch (action) {
    case 'pause':
      return pause;
    case 'resume':
      return (rollout, verbContext, look) => resume(rollout, verbContext, body.choice, stepsOf(look.plan, rollout.state.step));
    case 'promote':
      return (rollout, verbContext, look) =>
        promote(rollout, verbContext, body.full === true, stepsOf(look.plan, rollout.state.step));
    case 'abort':
      return abort;
    case 'undo':
      return (rollout, verbContext, look) => undo(rollout, verbContext, look.plan?.plan.undoWindow ?? Number.POSITIVE_INFINITY);
    case 'retry':
      throw new TypeError('a retry is no verb on a record: it makes a new one');
  }
}
