import { NO_TOKEN } from '../consul/errors.js';
import type { Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { pause } from '../core/verbs/pause.js';
import { promote } from '../core/verbs/promote.js';
import type { VerbContext, VerbResult } from '../core/verbs/result.js';
import { resume } from '../core/verbs/resume.js';
import { undo } from '../core/verbs/undo.js';
import type { Order, Outcome } from '../server/api/desk.js';
import { type Acted, type ActOptions, act } from './act.js';
import { actOnRunOf } from './act-on-others.js';
import { awaitFirstRecord } from './await-first-record.js';
import { type Context, contextOf, type GlobalFlags } from './context.js';
import { CommandError } from './exit.js';
import { findRun } from './group-run.js';
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
    return order.action === 'retry' ? await retryFor(context, order) : await writeForAll(own, context, order);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { entry } = await own.mesh.readEntry('service-splitter', service);
    return entry === undefined ? { kind: 'absent' } : { kind: 'refused', message: error.message, hint: error.hint };
  }
}

/** Members of a group are promoted and undone together, as in a terminal. The others of an abort follow by themselves. */
async function writeForAll(own: Context, context: Context, order: Order): Promise<Outcome> {
  const { service, action } = order;
  // The controller sees every member; what the caller's token may not see would be left behind.
  const run = action === 'promote' || action === 'undo' ? await findRun(own, service) : undefined;
  if (run?.services.includes(service) !== true) return writeFor(own, context, order);
  if (isStale(order, await lookAt(context, service, 'entries'))) return { kind: 'stale' };
  const named = (): Promise<Outcome> => writeFor(own, context, order);
  return actOnRunOf(context, run, {
    service,
    named,
    verb: verbOf(order),
    options: optionsOf(action),
    reverse: action === 'undo',
  });
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
  const { changed, message }: Acted = await act(context, service, guarded, optionsOf(action));
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

/** What takes traffic back must work where instances cannot be read, and where somebody dropped the record. */
function optionsOf(action: Order['action']): ActOptions {
  return action === 'abort' || action === 'undo' ? { depth: 'readable', remembered: true } : {};
}

function verbOf({ action, body }: Order): Verb {
  const force = body.force === true;
  switch (action) {
    case 'pause':
      return pause;
    case 'resume':
      return (rollout, verbContext, look) =>
        resume(rollout, { ...verbContext, force }, body.choice, stepsOf(look.plan, rollout.state.step));
    case 'promote':
      return (rollout, verbContext, look) =>
        promote(rollout, { ...verbContext, force }, body.full === true, stepsOf(look.plan, rollout.state.step));
    case 'abort':
      return (rollout, verbContext) => abort(rollout, { ...verbContext, force: body.force === true });
    case 'undo':
      return (rollout, verbContext, look) => undo(rollout, verbContext, look.plan?.plan.undoWindow ?? Number.POSITIVE_INFINITY);
    case 'retry':
      throw new TypeError('a retry is no verb on a record: it makes a new one');
  }
}
