import { defaultSubsetOf, legsOf, metaOf, type StoredEntry } from '../core/entries.js';
import { formatLegs } from '../core/legs.js';
import { readRecord } from '../core/record.js';
import { harmless, padTo } from '../view/style.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';

/** `splitter list`: every splitter in Consul with its rollout, those that need a person first. */
export async function list(flags: GlobalFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const { entries: stored, hidden } = await context.mesh.listEntries('service-splitter');
  const byDefault = await readDefaults(context, stored);
  const rows = stored.map(({ entry, modifyIndex }) => {
    const service = String(entry.Name);
    const rollout = readRecord(metaOf(entry));
    const own = legsOf(entry, service, byDefault.get(service));
    return {
      service,
      rollout: rollout?.id ?? null,
      phase: rollout?.state.phase ?? null,
      reason: rollout?.state.reason ?? null,
      weights: Object.fromEntries(own.map((leg) => [leg.service ?? leg.subset, leg.weight / 100])),
      legs: formatLegs(own),
      message: rollout?.message ?? '',
      modifyIndex,
    };
  });
  rows.sort((a, b) => rank(a.phase) - rank(b.phase) || a.service.localeCompare(b.service));
  if (hidden)
    io.err(
      "Warning: there may be more: this token may not read every service (service:read)\n  -> splitter acl-policy '*' --read-only   prints what it would need\n",
    );
  if (context.json) {
    printJson(io, { rollouts: rows.map(({ legs: _, ...row }) => row) });
    return EXIT.done;
  }
  if (rows.length === 0 && !hidden) io.err('No service-splitter in Consul yet.\n  -> splitter ramp SERVICE --to 10\n');
  for (const row of rows)
    io.out(
      `${padTo(harmless(row.service), 24)} ${padTo(row.phase === null ? '-' : `${row.phase} (${row.reason})`, 26)} ${padTo(harmless(row.legs), 32)} ${harmless(row.message)}\n`,
    );
  return EXIT.done;
}

/** The default subsets, asked for only where some leg names no subset and so means it. */
async function readDefaults({ mesh }: Context, splitters: readonly StoredEntry[]): Promise<ReadonlyMap<string, string>> {
  const unnamed = splitters.some(({ entry }) =>
    legsOf(entry, String(entry.Name)).some(({ subset, service }) => subset === '' && service === undefined),
  );
  const resolvers = unnamed ? (await mesh.listEntries('service-resolver')).entries : [];
  return new Map(
    resolvers.flatMap(({ entry }) => {
      const subset = defaultSubsetOf(entry);
      return subset === undefined ? [] : [[String(entry.Name), subset] as const];
    }),
  );
}

function rank(phase: string | null): number {
  const order = ['Paused', 'Reverting', 'Reverted', 'Progressing', 'Pending', 'Baking', 'Promoting', 'Promoted'];
  return phase === null ? order.length : order.indexOf(phase);
}
