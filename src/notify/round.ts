import { DelegateBackoff, ExponentialBackoff, handleWhenResult, type IRetryBackoffContext, retry } from 'cockatiel';
import type { Sent } from '../ports.js';
import type { Answer } from './post.js';

/** How long and how often one message is tried, in ms: a whole round, one attempt, and the first pause between two. */
export interface Patience {
  readonly round: number;
  readonly attempt: number;
  readonly pause: number;
}

/** About a minute, which outlives most restarts of a receiver. */
export const PATIENCE: Patience = { round: 60_000, attempt: 10_000, pause: 1_000 };

const LONGEST_PAUSE = 16_000;
const MOST_ATTEMPTS = 20;

/** Sends until the receiver takes or refuses it, or the round is over: growing, jittered pauses, and never sooner than a Retry-After says. */
export async function sendInRound(attempt: () => Promise<Answer>, patience: Patience, abort: AbortSignal): Promise<Sent> {
  const end = performance.now() + patience.round;
  const timely = (answer: unknown): boolean => isAgain(answer) && performance.now() + (answer.after ?? 0) < end;
  const policy = retry(handleWhenResult(timely), { maxAttempts: MOST_ATTEMPTS, backoff: pauses(patience) }).dangerouslyUnref();
  const given = policy.execute(async () => (abort.aborted ? GIVEN_UP : attempt()), abort);
  const answer = await untilAborted(given, abort);
  switch (answer.kind) {
    case 'taken':
      return { kind: 'sent' };
    case 'again':
      return { ...answer, kind: 'later' };
    case 'refused':
      return { ...answer, kind: 'never' };
  }
}

const GIVEN_UP: Answer = { kind: 'again', why: 'given up' };

function isAgain(answer: unknown): answer is Extract<Answer, { kind: 'again' }> {
  return (answer as Answer).kind === 'again';
}

type Growing = ReturnType<ExponentialBackoff<unknown>['next']>;

function pauses({ pause }: Patience): DelegateBackoff<IRetryBackoffContext<unknown>, Growing> {
  const growing = new ExponentialBackoff({ initialDelay: pause, maxDelay: Math.max(pause, LONGEST_PAUSE) });
  return new DelegateBackoff(({ result }, last) => {
    const state = last?.next(undefined) ?? growing.next();
    const wanted = 'value' in result && isAgain(result.value) ? (result.value.after ?? 0) : 0;
    return { delay: Math.max(state.duration, wanted), state };
  });
}

/** A pause of cockatiel's does not end with its signal; this does. */
async function untilAborted(given: Promise<Answer>, abort: AbortSignal): Promise<Answer> {
  const over = new AbortController();
  const aborted = new Promise<Answer>((resolve) => {
    abort.addEventListener('abort', () => resolve(GIVEN_UP), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([given, aborted]);
  } finally {
    over.abort();
  }
}
