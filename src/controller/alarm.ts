import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, describeChannel, wants } from '../core/channel.js';
import { logEntry } from '../core/history.js';
import { type Notice, stuckNotice } from '../core/notice.js';
import type { Clock, Notifier } from '../ports.js';
import type { Stuck } from './overdue.js';

/** What an alarm is raised with; `say` as for other notices. */
export interface AlarmParts {
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly say: (line: string, channel: Channel['kind']) => void;
}

/** A channel that does not take it is tried again for so long, ms: by then the plan's other channels have told it, or nobody will. */
const GIVE_UP = 15 * 60_000;
const PAUSE = 15_000;

/** Tells the plan's channels that traffic cannot be taken back. Past Consul, which does not answer: no place is kept, so it may be told twice. */
export async function raiseAlarm(stuck: Stuck, parts: AlarmParts, abort: AbortSignal): Promise<void> {
  const { plan, before, next, at, findings, why } = stuck;
  const notice = stuckNotice(plan, logEntry(next, at, findings, 0, 0), logEntry(before, at, [], 0, 0), why);
  const channels = (plan.notify ?? []).filter((channel) => wants(channel, notice.kind));
  await Promise.all(channels.map((channel) => tell(notice, channel, parts, abort)));
}

async function tell(notice: Notice, channel: Channel, { notifier, clock, say }: AlarmParts, abort: AbortSignal): Promise<void> {
  for (;;) {
    const sent = await notifier.send(notice, channel, abort);
    if (sent.kind === 'sent' || abort.aborted) return;
    const over = sent.kind === 'never' || clock.now() - notice.at >= GIVE_UP;
    if (over)
      return say(
        `${describeChannel(channel)} of ${notice.service}: gave up telling it that "${notice.title}": ${sent.why}`,
        channel.kind,
      );
    await sleep(Math.max(PAUSE, sent.after ?? 0), undefined, { signal: abort, ref: false }).catch(() => undefined);
  }
}
