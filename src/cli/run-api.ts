import { ConsulError, NO_TOKEN } from '../consul/errors.js';
import type { Controller } from '../controller/controller.js';
import { isRecord } from '../core/is-record.js';
import type { Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { pause } from '../core/verbs/pause.js';
import { promote } from '../core/verbs/promote.js';
import type { VerbContext, VerbResult } from '../core/verbs/result.js';
import { resume } from '../core/verbs/resume.js';
import { undo } from '../core/verbs/undo.js';
import { type Api, createApi } from '../server/api/api.js';
import type { Caller, Desk, Order, Outcome } from '../server/api/desk.js';
import type { Log } from '../server/log.js';
import { act } from './act.js';
import { type Context, contextOf, type GlobalFlags } from './context.js';
import { CommandError } from './exit.js';
import { readLogs } from './history.js';
import type { Look } from './look.js';
import type { RunSettings } from './run-settings.js';
import { readStatus } from './status.js';
import { stepsOf } from './verbs.js';
import { VERSION } from './version.js';

/** The API of a controller. Reads go through the controller's own token; actions through the caller's, so that Consul's ACLs decide. */
export function createRunApi(
  context: Context,
  flags: GlobalFlags,
  controller: Controller,
  settings: Pick<RunSettings, 'id' | 'listen' | 'allowedHosts' | 'readAuth' | 'anonymousActions'>,
  log: Log,
): Api {
  const { readAuth, anonymousActions, allowedHosts, id, listen } = settings;
  return createApi({
    desk: createDesk(context, flags, controller),
    rules: { readAuth, anonymousActions },
    allowedHosts,
    host: listen.host,
    about: { controller: id, version: VERSION },
    onAction: ({ service, action, by, outcome }) =>
      log.info({ what: 'action', service, action, by, outcome }, `${by} asks to ${action} ${service}: ${outcome}`),
    onFault: (error) => log.error({ what: 'api', message: error.message }, `the API failed: ${error.message}`),
  });
}

function createDesk(context: Context, flags: GlobalFlags, controller: Controller): Desk {
  // A read that fails in part says so in the answer; there is nobody at a terminal to warn.
  const quiet: Context = { ...context, io: { ...context.io, out: () => undefined, err: () => undefined } };
  return {
    services: () => controller.services(),
    attended: () => controller.attended(),
    sightOf: (service) => controller.sightOf(service),
    freeze: () => controller.freeze,
    now: () => context.clock.now(),
    readStatus: (service) => readStatus(quiet, service),
    readHistories: (service, which) => readLogs(quiet, service, which),
    whoIs: (token) => whoIs(context, token),
    act: (order) => actFor(quiet, flags, order),
  };
}

/** The accessor of Consul's anonymous token, which everybody has. */
const ANONYMOUS = '00000000-0000-0000-0000-000000000002';

async function whoIs({ client }: Context, token: string): Promise<Caller> {
  try {
    const what = 'reading the token';
    const { body } = await client.withToken(token, 'X-Consul-Token').call({ method: 'GET', path: '/acl/token/self', what });
    const { AccessorID, Description } = isRecord(body) ? body : {};
    if (typeof AccessorID !== 'string' || AccessorID === ANONYMOUS)
      return { kind: 'unknown-token', why: 'this is the token of everybody: it names nobody' };
    return { kind: 'known', accessor: AccessorID, name: typeof Description === 'string' ? Description : '' };
  } catch (error) {
    if (!(error instanceof ConsulError) || error.code !== 'denied') throw error;
    return /ACL support disabled/.test(error.message) ? { kind: 'no-acls' } : { kind: 'unknown-token', why: error.message };
  }
}

/** What is left to do after the write (routes, hooks, the last record) the controllers do: they hear of it at once. */
async function actFor(own: Context, flags: GlobalFlags, order: Order): Promise<Outcome> {
  const { service, token, by, ifIndex, action } = order;
  const client = own.client.withToken(token, token === undefined ? `${NO_TOKEN}: no token was sent` : 'X-Consul-Token');
  const context = { ...contextOf(client, flags, own.io), by };
  const verb = verbOf(order);
  let stale = false;
  const guarded = (rollout: Rollout, verbContext: VerbContext, look: Look): VerbResult => {
    stale = ifIndex !== undefined && look.seen.splitter?.modifyIndex !== ifIndex;
    return stale ? { kind: 'nothing', message: '' } : verb(rollout, verbContext, look);
  };
  const options = action === 'abort' ? { entriesOnly: true, remembered: true } : { remembered: action === 'undo' };
  try {
    const { changed, message } = await act(context, service, guarded, options);
    return stale ? { kind: 'stale' } : { kind: 'done', changed, message };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { entry } = await own.mesh.readEntry('service-splitter', service);
    return entry === undefined ? { kind: 'absent' } : { kind: 'refused', message: error.message, hint: error.hint };
  }
}

function verbOf({ action, body }: Order): (rollout: Rollout, verbContext: VerbContext, look: Look) => VerbResult {
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
  }
}
