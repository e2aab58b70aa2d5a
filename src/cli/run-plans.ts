import { isPassing } from '../consul/errors.js';
import { followPlans } from '../controller/plans-directory.js';
import type { ServiceRef } from '../core/plan.js';
import { chargeOf } from '../core/rendezvous.js';
import type { Log } from '../server/log.js';
import { logPlan, logPlanRefused } from '../server/log-events.js';
import type { Metrics } from '../server/metrics.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { settleBase } from './plan-source.js';
import { valuesOfEnvironment } from './variables.js';

/** Follows a directory of plans until `abort`; of several controllers that do, one applies what it finds. */
export function runPlans(
  directory: string,
  about: {
    readonly context: Context;
    readonly flags: GlobalFlags;
    readonly id: string;
    readonly members: () => readonly string[];
  },
  log: Log,
  metrics: Metrics,
  abort: AbortSignal,
): Promise<void> {
  const { context, flags, id, members } = about;
  const contexts = new Map<string, Context>();
  const reach = ({ service: _, ...place }: ServiceRef) => {
    const { namespace, partition, datacenter } = place;
    const key = JSON.stringify([namespace, partition, datacenter]);
    const scoped = contexts.get(key) ?? scopedContext(context, flags, place);
    contexts.set(key, scoped);
    return {
      mesh: scoped.mesh,
      store: scoped.store,
      settle: (plan: Parameters<typeof settleBase>[1]) => settleBase(scoped, plan),
    };
  };
  const events = {
    onApplied: (plan: { readonly service: string }, source: string): void => logPlan(log, plan.service, 'applied', source),
    onRefused: (diagnostics: readonly Parameters<typeof logPlanRefused>[1][]): void => {
      for (const diagnostic of diagnostics) logPlanRefused(log, diagnostic);
    },
    onInvalid: (files: number): void => metrics.plansInvalid(files),
    onForgotten: (service: string, source: string): void => logPlan(log, service, 'forgotten', source),
    onNote: (message: string): void => log.info({ what: 'plans' }, message),
  };
  const isLeader = (): boolean => chargeOf('plans', members()).owner === id;
  const given = valuesOfEnvironment(context.io.env);
  return followPlans(directory, { reach, clock: context.clock, isLeader, isPassing, events, given }, abort);
}

/** The client scopes itself to one namespace, so each has its own. */
function scopedContext(context: Context, flags: GlobalFlags, place: Omit<ServiceRef, 'service'>): Context {
  const { namespace, partition, datacenter } = place;
  if (namespace === undefined && partition === undefined && datacenter === undefined) return context;
  const scoped = createContext(flags, { ...context.io });
  scoped.client.scopeTo({ ...place, service: '' });
  return scoped;
}
