import type { DrillFlags } from './drill.js';
import type { Maker } from './entry-commands.js';
import { withVariables } from './plan-flags.js';
import type { RemoveFlags } from './remove.js';

/** The commands that are typed once in a while: backing out, and drills. */
export function addOccasionalCommands({ connected, finish, io }: Maker): void {
  connected('remove <service>', 'take the split away again: default subset, splitter, two seconds, subsets; refused mid-rollout')
    .option('--dry-run', 'show the writes instead of making them')
    .option('--force', 'even while versions run that only the split keeps users from')
    .action((service: string, flags: RemoveFlags) => finish(import('./remove.js').then((m) => m.remove(service, flags, io))));
  withVariables(
    connected(
      'drill [service-or-file]',
      'two normal rollouts and one deliberate rollback, timed, with a report; alone: in a sandbox',
    ),
  )
    .option('--break <command>', 'breaks the canary of the third rollout; started without a shell')
    .option('--mend <command>', 'mends it again')
    .option('--pace <duration>', 'no pause, analysis or bake is longer than this, whatever the plan says')
    .option('--report <file>', 'write the report (Markdown) there instead of to stdout')
    .option('--log <file>', 'add a row to the drill log in this file: date, action, result, operator')
    .action((target: string | undefined, flags: DrillFlags) =>
      finish(import('./drill.js').then((m) => m.drill(target, flags, io))),
    );
}
