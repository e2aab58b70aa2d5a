import type { EntryKind } from '../core/entries.js';
import type { Subset } from '../core/plan.js';
import type { Diagnostic } from './diagnostic.js';
import { fieldOf, textIn } from './entry-fields.js';
import { Draft, isPlanKind, type ReadEntry } from './import-draft.js';
import { STAYS } from './import-problems.js';
import type { Text } from './plan-text.js';
import { errorAt, type Problem, place, warningAt } from './problem.js';

/** Plans that fit the entries, one a service, in their written names; and what they cannot say. Where there is an error, its service has no plan. */
export interface Imported {
  readonly plans: readonly Text[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes a plan for each service from its config entries; `known` gives subsets of a service where no resolver among them does. */
export function importEntries(
  entries: readonly ReadEntry[],
  known: (service: string) => readonly Subset[] | undefined = () => undefined,
): Imported {
  const diagnostics: Diagnostic[] = [];
  const services = new Map<string, Map<EntryKind, ReadEntry>>();
  for (const entry of entries) {
    const problem = sort(entry, services);
    if (problem !== undefined) diagnostics.push(place(problem, entry.file, entry.node));
  }
  const plans = [...services].flatMap(([service, kinds]) => {
    const draft = new Draft(service, kinds, known(service));
    const plan = draft.write();
    diagnostics.push(...draft.diagnostics);
    return plan === undefined ? [] : [plan];
  });
  return { plans, diagnostics };
}

/** Puts the entry to its service; or says why not. */
function sort(entry: ReadEntry, services: Map<string, Map<EntryKind, ReadEntry>>): Problem | undefined {
  const [kind, name] = [textIn(entry.node, 'Kind'), textIn(entry.node, 'Name')];
  const at = fieldOf(entry.node, 'Kind')?.keySpan ?? entry.node.span;
  if (kind === undefined || name === undefined)
    return errorAt([], at, 'a config entry needs a kind and a name', 'write Kind = "service-resolver" and Name = "payments"');
  if (!isPlanKind(kind)) return warningAt([], at, `${kind}/${name} is nothing that a plan says`, STAYS);
  const kinds = services.get(name) ?? new Map<EntryKind, ReadEntry>();
  services.set(name, kinds);
  const first = kinds.get(kind);
  if (first !== undefined) return errorAt([], at, `a second ${kind}/${name}`, `the first is in ${first.file}; keep one`);
  kinds.set(kind, entry);
  return undefined;
}
