import { roomFor } from '../core/legs.js';
import { rampSteps } from '../core/ramp.js';
import { extraLegs } from '../core/rollout.js';
import { formatPercent } from '../core/weights.js';
import { createContext } from './context.js';
import { newDriverId, requireReady } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { describeSignals, type PlannedRamp, planRamp } from './plan-ramp.js';
import type { RampFlags } from './ramp.js';
import { Stage } from './stage.js';

/** `splitter ramp SERVICE --interactive [--by-instances]`: a person sets one weight after the other while signals are watched, then deploys in full or aborts. */
export async function interactive(service: string, flags: RampFlags, io: CommandIo): Promise<ExitCode> {
  const { ask } = io;
  refuseOthers(service, flags);
  if (ask === undefined)
    throw new CommandError(
      '--interactive asks a person, and there is no terminal here (both stdin and stdout must be one). Nothing was written',
      `splitter ramp ${service} --to 20 --hold 10m   then   splitter promote ${service}   or   splitter abort ${service}`,
    );
  const context = createContext(flags, io);
  const planned = await planRamp(context, service, flags, (from) => rampSteps(from, from, undefined, undefined));
  requireRoomToMove(service, planned);
  const roles = requireReady(context, planned.sourced, planned.seen, planned.live === undefined);
  io.err(
    `${service}: canary ${roles.canary} beside ${roles.stable}; ${describeSignals(planned.sourced.plan)} (${planned.sourced.source})\n`,
  );
  const driver = newDriverId('ramp', context.by);
  return new Stage({ context, planned, roles, driver, ask, flags }).run();
}

function refuseOthers(service: string, flags: RampFlags): void {
  const { to, by, every, hold, dryRun, detach, output } = flags;
  const given = Object.entries({ to, by, every, hold, 'dry-run': dryRun, detach }).filter(([, value]) => value !== undefined);
  const [first] = given;
  if (first !== undefined)
    throw new CommandError(
      `--${first[0]} and --interactive exclude each other: the person says what is set, and when`,
      `splitter ramp ${service} --interactive`,
    );
  if (output === 'json')
    throw new CommandError(
      '--interactive talks to a person; -o json is for programs',
      `splitter ramp ${service} --to 20 -o json`,
      EXIT.error,
    );
}

/** A rollout that has all traffic on canary already has no weight left to ask for. */
function requireRoomToMove(service: string, { live, from }: PlannedRamp): void {
  if (live === undefined || from < roomFor(extraLegs(live))) return;
  throw new CommandError(
    `${service} is ${live.state.phase} with ${formatPercent(from)} on ${live.canary}: there is no weight left to ask for`,
    `splitter promote ${service}   or   splitter abort ${service}   or   splitter ramp ${service} --to 50   to go down`,
  );
}
