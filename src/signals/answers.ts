import type { Counts } from '../core/verdict.js';
import { countFaults, sayStatus } from './grpc-status.js';
import type { Increments } from './increments.js';

type Counters = ReadonlyMap<string, number>;

const NONE: Counters = new Map();

/** How requests were answered, whoever counted it: by class, and by status where the service speaks gRPC. */
export interface Answers {
  readonly classes: Increments;
  readonly statuses?: Increments;
}

/** Takes them out of counters. */
export function takeAnswers(isGrpc: boolean, take: (family: 'classes' | 'statuses') => Increments): Answers {
  const classes = take('classes');
  return isGrpc ? { classes, statuses: take('statuses') } : { classes };
}

/** Answers of a subset, and those among them that are its fault. */
export function countAnswers({ classes, statuses }: Answers, subset: string): Counts {
  const byClass = classes.get(subset) ?? NONE;
  const serverErrors = byClass.get('5') ?? 0;
  if (statuses === undefined) return { bad: serverErrors, total: sum(byClass) };
  const byStatus = statuses.get(subset) ?? NONE;
  const known = countFaults(byStatus, 0);
  const bad = countFaults(byStatus, serverErrors);
  return { bad, total: sum(byStatus) + bad - known };
}

/** As a person reads them: `green 2xx 98, 5xx 2`. */
export function sayAnswers({ classes, statuses }: Answers, subset: string): string {
  const byClass = sayCounters(classes.get(subset) ?? NONE, (digit) => `${digit}xx`);
  return statuses === undefined
    ? `${subset} ${byClass}`
    : `${subset} ${sayCounters(statuses.get(subset) ?? NONE, sayStatus)} by status, ${byClass}`;
}

/** Those that are not zero, by number. */
export function sayCounters(counters: Counters, name: (key: string) => string): string {
  const counted = [...counters]
    .filter(([, requests]) => requests > 0)
    .sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return counted.length === 0 ? 'none' : counted.map(([key, requests]) => `${name(key)} ${requests}`).join(', ');
}

function sum(counters: Counters): number {
  return [...counters.values()].reduce((total, requests) => total + requests, 0);
}
