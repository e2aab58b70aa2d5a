import type { Snapshot } from './envoy-metrics.js';
import { addTo, type Increments } from './increments.js';
import { EMPTY_ACCOUNT, followAccount, openAccount, type RequestAccount, type RequestCounters } from './request-account.js';

interface Known {
  readonly account: RequestAccount;
  /** Whether the page had counters of requests for it, or only answers by class. */
  readonly whole: boolean;
}

/** What became of the requests of one sidecar, page after page: how many were `sent`, and how many of them `unanswered`, by subset. */
export class RequestFollower {
  #known: ReadonlyMap<string, Known> | undefined;
  /** Clusters that were there before a whole page told of them: the first one that does is their base line. */
  readonly #unopened = new Set<string>();

  /** `begun`: the sidecar began since it was looked at, so its first page counts from zero; else that is a base line. */
  constructor(begun = false) {
    this.#known = begun ? new Map() : undefined;
  }

  /** What is new since the page before. Of a cluster whose answers alone are counted, all that was sent was answered. */
  follow(requests: Snapshot, classes: Snapshot): Increments {
    const sums = new Map<string, Map<string, number>>();
    const known = new Map(this.#known);
    const add = (cluster: string, subset: string, page: RequestCounters, whole: boolean): void => {
      const isNew = this.#known !== undefined && !this.#unopened.delete(cluster);
      const before = known.get(cluster)?.account ?? (isNew ? EMPTY_ACCOUNT : undefined);
      const account = before === undefined ? openAccount(page) : followAccount(before, page);
      known.set(cluster, { account, whole });
      addTo(sums, subset, 'sent', account.sent - (before?.sent ?? 0));
      addTo(sums, subset, 'unanswered', account.unanswered - (before?.unanswered ?? 0));
    };
    for (const [cluster, { subset, values }] of requests) {
      if (!wasCut(values, known.get(cluster)?.account.last)) add(cluster, subset, countersOf(values), true);
      else if (!known.has(cluster)) this.#unopened.add(cluster);
    }
    for (const [cluster, { subset, values }] of classes) {
      if (requests.has(cluster) || known.get(cluster)?.whole === true) continue;
      const answers = [...values.values()].reduce((sum, count) => sum + count, 0);
      add(cluster, subset, { cancelled: 0, completed: answers, retried: 0, total: answers, active: 0 }, false);
    }
    this.#known = known;
    return sums;
  }
}

function countersOf(values: ReadonlyMap<string, number>): RequestCounters {
  const of = (key: string): number => values.get(key) ?? 0;
  return {
    cancelled: of('cancelled'),
    completed: of('completed'),
    retried: of('retry'),
    total: of('total'),
    active: of('active'),
  };
}

/**
 * Whether the end of the page is missing. Envoy writes the gauge last, and shows it for good once a request had a connection; only a new Envoy
 * shows neither it nor `total` again, and then what it does show has fallen.
 */
function wasCut(values: ReadonlyMap<string, number>, last: RequestCounters | undefined): boolean {
  if (values.has('active')) return false;
  if (values.has('total')) return true;
  if (last === undefined || last.total === 0) return false;
  return (
    (values.get('completed') ?? last.completed) >= last.completed && (values.get('cancelled') ?? last.cancelled) >= last.cancelled
  );
}
