/**
 * What one page says of the requests of one cluster, as Envoy writes it: an answer is `completed` when its headers come, a request that got a connection
 * is in `total`, one whose caller left before that in `cancelled`, and a retry is one more attempt.
 */
export interface RequestCounters {
  readonly cancelled: number;
  readonly completed: number;
  readonly retried: number;
  readonly total: number;
  readonly active: number;
}

/** What is known of the requests of one cluster since it was looked at first. */
export interface RequestAccount {
  readonly last: RequestCounters;
  /** Answers since then. */
  readonly answered: number;
  /** Requests since then that are known to have ended without an answer; never falls. */
  readonly unanswered: number;
  /** Requests sent since then, those under way among them, retries not; never falls, and is never above the truth by more than moves while a page is written. */
  readonly sent: number;
  /** The most that `unanswered` has ever been ahead of the counters' difference. */
  readonly floor: number;
}

const ZERO: RequestCounters = { cancelled: 0, completed: 0, retried: 0, total: 0, active: 0 };

/** The account of a cluster whose first page only sets a base line. */
export function openAccount(page: RequestCounters): RequestAccount {
  return { last: page, answered: 0, unanswered: 0, sent: 0, floor: Number.NEGATIVE_INFINITY };
}

/** The account of a cluster that was not there before: it counts from zero. */
export const EMPTY_ACCOUNT: RequestAccount = { last: ZERO, answered: 0, unanswered: 0, sent: 0, floor: 0 };

/**
 * The account after one more page. A page is no moment: Envoy writes cancelled, completed, retried, total and then the gauge, and requests go on meanwhile.
 * Proven are only those that were sent when `total` of the page before was read, were not under way when its gauge was, and are not
 * among the answers of this page: whatever moves in between makes this less, never more. What Envoy answered without sending lowers
 * the difference; `floor` forgets that. Streams that are answered and still open hide as many as they are.
 */
export function followAccount(account: RequestAccount, page: RequestCounters): RequestAccount {
  const { last } = account;
  if (wasReset(last, page)) return followAccount({ ...account, last: ZERO, floor: account.unanswered }, page);
  const floor = Math.max(account.floor, account.unanswered - (last.total + page.cancelled - last.completed - last.retried));
  const proven = floor + last.total + last.cancelled - last.active - page.completed - page.retried;
  const unanswered = Math.max(account.unanswered, proven);
  const answered = account.answered + page.completed - last.completed;
  const open = floor + page.total + page.cancelled - page.completed - page.retried - unanswered;
  const waiting = Math.max(0, Math.min(page.active, open));
  const sent = Math.max(account.sent, answered + waiting + unanswered);
  return { last: page, answered, unanswered, sent, floor };
}

/** Whether the counters began anew: a new Envoy, or a cluster that was taken away and came back. */
function wasReset(last: RequestCounters, page: RequestCounters): boolean {
  return (
    page.cancelled < last.cancelled || page.completed < last.completed || page.retried < last.retried || page.total < last.total
  );
}
