import { readFile, writeFile } from 'node:fs/promises';
import type { EntryWrite } from '../core/entries.js';
import { isRecord } from '../core/is-record.js';
import type { Observation } from '../core/observation.js';
import { formatTime } from '../core/record.js';
import type { SourcedPlan } from '../ports.js';
import { CommandError } from './exit.js';

const KIND = 'splitter-saved-plan';

/** The entries that a saved plan was computed from. */
const INDEXED = {
  defaults: 'service-defaults',
  resolver: 'service-resolver',
  splitter: 'service-splitter',
  router: 'service-router',
  proxyDefaults: 'proxy-defaults',
} as const;

/** What `splitter plan --out` keeps: the writes that `apply` will make, the plan, and the index of every entry that it was computed from (0: there was none). */
export interface SavedPlan {
  readonly kind: typeof KIND;
  readonly version: 1;
  readonly service: string;
  readonly plan: SourcedPlan;
  readonly plannedAt: string;
  readonly indexes: Readonly<Record<string, number>>;
  readonly writes: readonly EntryWrite[];
}

/** The saved form of these writes, which were computed from this mesh; the plan as it was written, versions left to the catalog. */
export function savedPlan(plan: SourcedPlan, seen: Observation, writes: readonly EntryWrite[], now: number): SavedPlan {
  return {
    kind: KIND,
    version: 1,
    service: plan.plan.service,
    plan,
    plannedAt: formatTime(now),
    indexes: indexesOf(seen),
    writes,
  };
}

/** The first entry that is not what it was when the plan was saved, with the index then and now; undefined when all are. */
export function findStale(
  { indexes, service }: SavedPlan,
  seen: Observation,
): { readonly entry: string; readonly then: number; readonly now: number } | undefined {
  for (const [entry, now] of Object.entries(indexesOf(seen))) {
    const then = indexes[entry] ?? 0;
    if (then !== now) return { entry: entry === 'proxy-defaults' ? 'proxy-defaults/global' : `${entry}/${service}`, then, now };
  }
  return undefined;
}

/** Reads a saved plan; undefined when the text is something else, like a plan. One of another version is an error. */
export function parseSavedPlan(text: string, file: string): SavedPlan | undefined {
  if (!text.trimStart().startsWith('{') || !text.includes(KIND)) return undefined;
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(saved) || saved.kind !== KIND) return undefined;
  if (saved.version === 1) return saved as unknown as SavedPlan;
  throw new CommandError(
    `${file} was saved by another version of splitter (form ${String(saved.version)})`,
    'plan it anew: splitter plan FILE --out FILE',
  );
}

/** Reads the file as a saved plan; undefined when it is something else or cannot be read. */
export async function readSavedPlan(file: string): Promise<SavedPlan | undefined> {
  return parseSavedPlan(await readFile(file, 'utf8').catch(() => ''), file);
}

/** Writes it where the user wants it. */
export async function writeSavedPlan(file: string, saved: SavedPlan): Promise<void> {
  await writeFile(file, `${JSON.stringify(saved, null, 2)}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be written (${error.code})`, 'name another file: --out');
  });
}

function indexesOf(seen: Observation): Readonly<Record<string, number>> {
  const kinds = Object.keys(INDEXED) as (keyof typeof INDEXED)[];
  return Object.fromEntries(kinds.map((kind) => [INDEXED[kind], seen[kind]?.modifyIndex ?? 0]));
}
