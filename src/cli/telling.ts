import { Notices } from '../controller/notices.js';
import type { Stuck } from '../controller/overdue.js';
import { ToldLog } from '../controller/told-log.js';
import type { Plan } from '../core/plan.js';
import { createNotifier } from '../notify/notifier.js';
import type { DecisionLog } from '../ports.js';
import type { Context } from './context.js';
import { noticeParts } from './notice-parts.js';

/** How long a drive that has ended waits for its last notices. */
const PATIENCE = 5_000;

/** Tells the plan's channels while a drive in the foreground goes on: whatever comes into `log` is told, beside the drive. */
export interface Telling {
  readonly log: DecisionLog;
  /** Tells at once that traffic cannot be taken back. */
  alarm(stuck: Stuck): void;
  /** Waits a few seconds for what is still to be told, and says what could not be. */
  end(): Promise<void>;
}

/** Tells nobody. */
export function silentTelling({ store }: Context): Telling {
  return { log: store, alarm: () => undefined, end: async () => undefined };
}

/** Starts telling for one drive; with nobody to tell, it does nothing. */
export function openTelling(context: Context, plan: Plan): Telling {
  const { store, notified, clock, io } = context;
  if (plan.notify === undefined) return silentTelling(context);
  const said: string[] = [];
  // Told at the end: a live view owns the terminal until then.
  const say = (line: string): void => void said.push(line);
  const parts = noticeParts(context);
  // An alarm has to know it when Consul does not answer any more: PagerDuty ends an incident by the very same key.
  void parts.datacenterOf?.(plan.service);
  const notices = new Notices({ histories: store, places: notified, notifier: createNotifier(parts), clock, say });
  let present: string | undefined;
  return {
    log: new ToldLog(store, (service, rollout) => {
      present = rollout;
      notices.wake(service, rollout, plan);
    }),
    alarm: (stuck) => notices.alarm(stuck),
    end: async () => {
      // A command that ended the rollout has logged that by itself.
      if (present !== undefined) notices.wake(plan.service, present, plan);
      const left = await notices.stop(PATIENCE);
      for (const line of said) io.err(`Notice: ${line}\n`);
      for (const name of left)
        io.err(`Not told everything yet: ${name}; a controller, or the next drive of it, tells the rest\n`);
    },
  };
}
