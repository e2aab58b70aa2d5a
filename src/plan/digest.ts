import { createHash } from 'node:crypto';
import type { Plan } from '../core/plan.js';

/** JSON with sorted keys and without white space: equal values give equal text, however they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? sorted(part) : part));
}

/** The canonical JSON of what a plan says. By which variables it came to say so is not a part of it: their values are in their places. */
export function canonicalPlan({ variables: _, ...plan }: Plan): string {
  return canonicalJson(plan);
}

/** The digest of a plan: sha256, in hex, of the canonical JSON of its normal form. */
export function digestPlan(plan: Plan): string {
  return createHash('sha256').update(canonicalPlan(plan)).digest('hex');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
