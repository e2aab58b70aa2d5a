import { type Command, Option } from 'commander';
import { ENTRY_KINDS } from '../core/entries.js';
import type { ExitCode } from './exit.js';
import type { ExportFlags } from './export.js';
import type { ImportFlags } from './import.js';
import type { CommandIo } from './io.js';

/** How a program makes a command that talks to Consul, and where its exit code goes. */
export interface Maker {
  readonly connected: (usage: string, description: string) => Command;
  readonly finish: (result: Promise<ExitCode>) => Promise<void>;
  readonly io: CommandIo;
}

/** The commands about what stands in Consul: subsets, import, export. */
export function addEntryCommands({ connected, finish, io }: Maker): void {
  connected('subsets <service>', 'who is in which subset: filter, version, role, weight, instances; and who is in none')
    .option('--callers', 'who reaches the service, too: gateways, other names, transparent proxies; each with its share')
    .action((service: string, flags: { readonly callers?: boolean }) =>
      finish(import('./subsets.js').then((m) => m.subsets(service, flags, io))),
    );
  connected('import <files-or-service...>', 'make a plan that fits config entries, from files (HCL or JSON) or from Consul')
    .addOption(new Option('--format <form>', 'of the plan').choices(['yaml', 'hcl']).default('yaml'))
    .option('--out <file>', 'write it there instead of to stdout')
    .action((names: string[], flags: ImportFlags) => finish(import('./import.js').then((m) => m.importPlan(names, flags, io))));
  connected('export [service]', 'the config entries of a service as `consul config write` takes them, or its plan')
    .option('--all', 'of every service')
    .option('--plan', 'the applied plan instead, as text that reads back the same')
    .option('--followed', 'with --plan: the plan that the last rollout follows')
    .addOption(
      new Option('--format <form>', 'hcl (default) or json; of a plan yaml (default) or hcl').choices(['hcl', 'json', 'yaml']),
    )
    .addOption(new Option('--kind <kind>', 'only entries of this kind').choices([...ENTRY_KINDS]))
    .option('--out <dir>', 'one file an entry in this directory (of a plan: this file) instead of stdout')
    .action((service: string | undefined, flags: ExportFlags) =>
      finish(import('./export.js').then((m) => m.exportEntries(service, flags, io))),
    );
}
