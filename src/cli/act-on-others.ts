import { ConsulError } from '../consul/errors.js';
import type { Outcome } from '../server/api/desk.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';
import type { GroupRun } from './group-run.js';
import { actOnEach, type GroupVerb, requireAllPossible } from './group-verbs.js';
import { requirePermissions } from './require-permissions.js';

/** What one request does to all members of a run: to the one that it names by `named`, and then to the others. */
export interface RunOrder extends Pick<GroupVerb, 'verb' | 'options' | 'reverse'> {
  readonly service: string;
  readonly named: () => Promise<Outcome>;
}

/** Keeps a run in lock step: the member that the caller saw goes first, the others only when that is done; nothing is written unless the caller may, and each of them can. */
export async function actOnRunOf(context: Context, run: GroupRun, order: RunOrder): Promise<Outcome> {
  const { service, named, reverse } = order;
  await requirePermissions(
    context,
    run.services.map((name) => ({ resource: 'service', access: 'write', name })),
  );
  await requireAllPossible(context, run.services, order);
  const first = await named();
  if (first.kind !== 'done') return first;
  const others = run.services.filter((one) => one !== service);
  // What is left (routes, hooks, the last record) the controllers do.
  const { acted, failed } = await actOnEach(context, reverse ? others.reverse() : others, { ...order, finishes: false });
  const lost = failed.find(({ error }) => !(error instanceof CommandError));
  if (lost !== undefined) throw explain(lost, service, run);
  const changed = acted.filter((one) => one.changed).map((one) => one.service);
  const also = changed.length === 0 ? '' : `; so is ${changed.join(', ')}, in lock step in ${run.name}`;
  return { kind: 'done', changed: first.changed || changed.length > 0, message: first.message + also };
}

/** The same error, with what was done before it. */
function explain(
  { service, error }: { readonly service: string; readonly error: unknown },
  done: string,
  run: GroupRun,
): unknown {
  if (!(error instanceof ConsulError)) return error;
  const message = `${done} is done, but ${service}, in lock step in ${run.name}, is not: ${error.message}`;
  return new ConsulError(error.code, message, `splitter status ${run.name}`, error.lacksPermission);
}
