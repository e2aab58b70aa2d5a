import type { Controller } from '../controller/controller.js';
import { type Api, createApi } from '../server/api/api.js';
import type { Log } from '../server/log.js';
import type { Context, GlobalFlags } from './context.js';
import { createDesk } from './run-desk.js';
import type { RunSettings } from './run-settings.js';
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
