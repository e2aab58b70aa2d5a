import { ConsulError } from '../consul/errors.js';
import type { Controller } from '../controller/controller.js';
import type { EntranceRow } from '../core/entrance-rows.js';
import { isRecord } from '../core/is-record.js';
import { given } from '../plan/given.js';
import { textOfPlan } from '../plan/plan-text.js';
import type { Caller, Desk } from '../server/api/desk.js';
import type { PlanView, RawEntries } from '../server/api/schemas.js';
import { EntranceReader } from '../signals/entrance-reader.js';
import type { Context, GlobalFlags } from './context.js';
import { readLogs } from './history.js';
import { actFor } from './run-actions.js';
import { readStatus } from './scene.js';
import { catalogOf } from './signals.js';

/** The list of plans is one large read, and nobody needs it fresher, ms. */
const PLANS_KEPT = 2_000;
/** Each look at who reaches a service reads a page of every caller, ms. */
const ENTRANCES_KEPT = 10_000;

/** All that the API of a controller asks for: what is read goes through the controller's own token, what acts through the caller's. */
export function createDesk(context: Context, flags: GlobalFlags, controller: Controller): Desk {
  // A read that fails in part says so in the answer; there is nobody at a terminal to warn.
  const quiet: Context = { ...context, io: { ...context.io, out: () => undefined, err: () => undefined } };
  return {
    services: () => controller.services(),
    attended: () => controller.attended(),
    sightOf: (service) => controller.sightOf(service),
    freeze: () => controller.freeze,
    now: () => context.clock.now(),
    readStatus: (service) => readStatus(quiet, service),
    readEntrances: createEntrances(context),
    readHistories: (service, which) => readLogs(quiet, service, which),
    readRaw: (service) => readRaw(context, service),
    listPlans: rememberFor(PLANS_KEPT, context, () => listPlans(context)),
    readPlan: (service) => readPlan(context, service),
    whoIs: (token) => whoIs(context, token),
    act: (order) => actFor(quiet, flags, order),
  };
}

/** Who reaches a service, looked at again after some seconds only; all services share one search of the catalog. */
function createEntrances(context: Context): Desk['readEntrances'] {
  const reader = new EntranceReader(catalogOf(context), () => context.clock.now());
  const kept = new Map<string, Desk['readEntrances']>();
  const read = async (service: string): Promise<readonly EntranceRow[] | null> => {
    const plan = (await context.store.readPlan(service).catch(() => undefined))?.plan;
    const known = await reader
      .read({ service, callers: plan?.callers ?? [], ...given('metrics', plan?.metrics) })
      .catch(() => undefined);
    return known?.rows ?? null;
  };
  return (service) => {
    const remembered = kept.get(service) ?? rememberFor(ENTRANCES_KEPT, context, () => read(service));
    kept.set(service, remembered);
    return remembered(service);
  };
}

async function readRaw({ mesh }: Context, service: string): Promise<RawEntries | undefined> {
  const { splitter, resolver, router, defaults } = await mesh.readEntries(service);
  if (splitter === undefined && resolver === undefined && router === undefined && defaults === undefined) return undefined;
  const chain = await mesh.compileChain(service).catch(() => undefined);
  const entries = {
    'service-splitter': splitter?.entry ?? null,
    'service-resolver': resolver?.entry ?? null,
    'service-router': router?.entry ?? null,
    'service-defaults': defaults?.entry ?? null,
  };
  return { service, entries, chain: isRecord(chain) ? chain : null } as RawEntries;
}

async function listPlans({ store }: Context): Promise<readonly Omit<PlanView, 'plan'>[]> {
  const { plans } = await store.listPlans();
  return [...plans].map(([service, { digest, source }]) => ({ service, digest, source }));
}

async function readPlan({ store }: Context, service: string): Promise<PlanView | undefined> {
  const kept = await store.readPlan(service);
  if (kept === undefined) return undefined;
  const { plan, digest, source } = kept;
  return { service, digest, source, plan: { ...textOfPlan(plan) } };
}

/** What a read gave, for so many ms; a failed one is not remembered. */
function rememberFor<T>(ms: number, { clock }: Context, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; readonly at: number } | undefined;
  return () => {
    if (kept !== undefined && clock.now() - kept.at < ms) return kept.answer;
    const answer = read();
    kept = { answer, at: clock.now() };
    answer.catch(() => {
      kept = undefined;
    });
    return answer;
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
