import type { Plan } from '../core/plan.js';
import type { Diagnostic } from '../plan/diagnostic.js';
import { findTwins, type PlanDocument, serviceKey } from '../plan/read.js';

/** A plan of a directory, with the place where its service is named and what to call its file in records. */
export interface FoundPlan {
  readonly plan: Plan;
  readonly digest: string;
  readonly source: string;
  readonly file: string;
  readonly at: PlanDocument['at'];
}

/** A file as it was read: the digest of its text, and either its plans or what is wrong with it. */
export interface PlanFile {
  readonly file: string;
  readonly content: string;
  readonly source: string;
  readonly plans: readonly PlanDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What is wrong with one file, or with two together; `id` is the same as long as they say the same. */
export interface BadPlan {
  readonly id: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The good plans of a directory by service key. */
export type GoodPlans = ReadonlyMap<string, FoundPlan>;

/** What a look at the directory brought. */
export interface PlansChange {
  readonly good: GoodPlans;
  readonly changed: readonly FoundPlan[];
  readonly removed: readonly FoundPlan[];
  readonly bad: readonly BadPlan[];
}

/**
 * Compares the last good plans with the files as they are now. A file with one mistake counts for nothing: its last good plans stay. Two plans for one service: the last good one stays.
 * A plan is removed only where every file that is there can be read, for it may be in one that cannot.
 */
export function comparePlans(before: GoodPlans, now: readonly PlanFile[]): PlansChange {
  const wrong = now.filter(isBad);
  const sources = new Map(now.map(({ file, source }) => [file, source]));
  const documents = now.filter((file) => !isBad(file)).flatMap(({ plans }) => plans);
  const groups = new Map<string, PlanDocument[]>();
  for (const document of documents) {
    const key = serviceKey(document.plan);
    groups.set(key, [...(groups.get(key) ?? []), document]);
  }
  const good = new Map<string, FoundPlan>();
  const changed: FoundPlan[] = [];
  const bad: BadPlan[] = wrong.map(({ file, content, diagnostics }) => ({ id: `${file} ${content}`, diagnostics }));
  for (const [key, documentsOfOne] of groups) {
    const [document] = documentsOfOne;
    const known = before.get(key);
    if (document === undefined) continue;
    if (documentsOfOne.length > 1) {
      bad.push({
        id: documentsOfOne.map(({ file, digest }) => `${file} ${digest}`).join(' '),
        diagnostics: findTwins(documentsOfOne),
      });
      if (known !== undefined) good.set(key, known);
      continue;
    }
    const { plan, digest, file, at } = document;
    const found = { plan, digest, source: sources.get(file) ?? file, file, at };
    good.set(key, found);
    if (known?.digest !== digest) changed.push(found);
  }
  const missing = [...before].filter(([key]) => !groups.has(key));
  if (wrong.length > 0) for (const [key, found] of missing) good.set(key, found);
  return { good, changed, removed: wrong.length > 0 ? [] : missing.map(([, found]) => found), bad };
}

function isBad({ diagnostics }: PlanFile): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
