import type { ControllerEvent } from '../controller/events.js';
import { Notices } from '../controller/notices.js';
import type { Stuck } from '../controller/overdue.js';
import { ToldLog } from '../controller/told-log.js';
import type { Channel } from '../core/channel.js';
import type { Plan } from '../core/plan.js';
import { createNotifier } from '../notify/notifier.js';
import type { DecisionLog } from '../ports.js';
import type { Log } from '../server/log.js';
import { logNotificationFailed } from '../server/log-events.js';
import type { Metrics } from '../server/metrics.js';
import type { Context } from './context.js';
import { noticeParts } from './notice-parts.js';

/** How long a controller that leaves waits for its last notices, ms: the others tell what is left. */
const PATIENCE = 1_500;
/** Whoever writes a record tells of it, if it lives and has the channels' secrets; the owner looks so much later whether that was done, ms. */
const OTHERS_TELL = 5_000;

/** Tells the channels of every plan whose rollout this controller owns. */
export interface RunTelling {
  readonly log: DecisionLog;
  /** Tells at once that traffic cannot be taken back. */
  alarm(stuck: Stuck): void;
  hear(event: ControllerEvent): void;
  stop(): Promise<void>;
}

/** What a controller knows of its services. */
interface Charge {
  planOf(service: string): Plan | undefined;
  owns(service: string): boolean;
}

/**
 * Whatever this controller logs is told, beside the loop, as its guardian's word too; what others have logged of a service of its own a little later, if they have not told it by then; and
 * what an owner before left untold, as soon as the service changes hands.
 */
export function createTelling(
  context: Context,
  page: string | undefined,
  book: DecisionLog,
  charge: Charge,
  log: Log,
  metrics: Metrics,
): RunTelling {
  const { store, notified, clock } = context;
  const say = (line: string, channel: Channel['kind']): void => {
    metrics.notificationFailed(channel);
    logNotificationFailed(log, channel, line);
  };
  const parts = noticeParts(context, page);
  let located = false;
  const notices = new Notices({
    histories: store,
    places: notified,
    notifier: createNotifier(parts),
    clock,
    say,
  });
  const wake = (service: string, rollout: string, plan: Plan | undefined): void => {
    if (plan?.notify !== undefined) notices.wake(service, rollout, plan);
  };
  return {
    log: new ToldLog(book, (service, rollout) => wake(service, rollout, charge.planOf(service))),
    hear: (event) => {
      // An alarm has to know it when Consul does not answer any more: PagerDuty ends an incident by the very same key.
      if (event.kind === 'entry' && !located) void parts.datacenterOf?.(event.service);
      located ||= event.kind === 'entry';
      if (event.kind === 'owned') wake(event.service, event.rollout, event.plan);
      if (event.kind === 'decided' && charge.owns(event.service)) {
        const { service, rollout, plan } = event;
        setTimeout(() => wake(service, rollout.id, plan), OTHERS_TELL).unref();
      }
    },
    alarm: (stuck) => notices.alarm(stuck),
    stop: async () => {
      for (const name of await notices.stop(PATIENCE)) log.info({ what: 'notification' }, `not told everything yet: ${name}`);
    },
  };
}
