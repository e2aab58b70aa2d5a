import { describeChannel } from '../core/channel.js';
import type { Plan } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import type { Env } from '../net/secret.js';
import { whyUntold } from '../notify/notifier.js';

/** Whether each channel of the plan has what it is told with on this machine: address, key, headers. Sends nothing; a lack holds no rollout. */
export function checkNotify({ notify = [] }: Plan, env: Env): Promise<readonly Check[]> {
  return Promise.all(
    notify.map(async (channel, i): Promise<Check> => {
      const name = `notify ${i + 1}`;
      const why = await whyUntold(channel, env);
      const what = describeChannel(channel);
      if (why === undefined) return { name, verdict: 'ok', message: `${what} has what it needs here; nothing was sent` };
      return {
        name,
        verdict: 'warning',
        message: `${what} would not be told from here: ${why}`,
        hint: 'whoever drives a rollout tells it: set it there, in this terminal or where splitter run runs',
      };
    }),
  );
}
