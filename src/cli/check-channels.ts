import { describeChannel } from '../core/channel.js';
import { RETIRED_CONNECTOR } from '../core/retired-connector.js';
import type { Env } from '../net/secret.js';
import { leadsToRetired } from '../notify/teams.js';
import type { Diagnostic } from '../plan/diagnostic.js';
import type { PlanDocument } from '../plan/read.js';

/** An error for each channel of a plan whose address, as far as it can be read on this machine, leads nowhere any more. */
export async function checkChannels(plans: readonly PlanDocument[], env: Env): Promise<readonly Diagnostic[]> {
  const found = plans.map(async ({ plan, file, at }): Promise<readonly Diagnostic[]> => {
    const channels = plan.notify ?? [];
    const retired = await Promise.all(channels.map((channel) => channel.kind === 'teams' && leadsToRetired(channel, env)));
    const message = (i: number): string => `notify ${i + 1}, ${describeChannel(channels[i]!)}: ${RETIRED_CONNECTOR.message}`;
    return retired.flatMap((is, i) =>
      is ? [{ severity: 'error', file, path: ['notify', i], ...at, message: message(i), hint: RETIRED_CONNECTOR.hint }] : [],
    );
  });
  return (await Promise.all(found)).flat();
}
