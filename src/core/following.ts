/** One caller, by whatever tells it from the others. */
export interface CallerName {
  readonly name: string;
  /** Of the proxy's registration. */
  readonly id: string;
  readonly node: string;
}

/** Whether one caller sends to canary what is asked, by its requests since the present weights are stored. */
export interface Following extends CallerName {
  /** False: its requests cannot have come by the present weights. True: they have, and not by the weights before. Null: not known. */
  readonly follows: boolean | null;
  /** The subset that is asked about. */
  readonly canary: string;
  /** Of its requests to the service's own legs, 0..1: what it sent to canary, and what it was to send. */
  readonly sent: number;
  readonly asked: number;
  readonly requests: number;
  /** Most of them go past the split, as if there were none; absent where they do not. */
  readonly past?: true;
  /** Why shares of its own are no fault; absent where they are. */
  readonly explained?: string;
}

/** So many are named in a sentence, and told to others. */
const NAMED = 3;
const TOLD = 50;

const ALONE = 'its sidecar does not follow';

/** A caller for people: `web on n3`, with the id of its proxy where that says more. */
export function sayCaller({ name, id, node }: CallerName): string {
  const own = id === name || id === `${name}-sidecar-proxy` || id === '' ? '' : ` (${id.replace(/-sidecar-proxy$/, '')})`;
  return `${name}${own}${node === '' ? '' : ` on ${node}`}`;
}

/** What one caller sends, held against what is asked: `web on n3 still sends 0% to green (asked 50%, 97 requests)`. */
export function sayShareOf(caller: Following): string {
  const { canary, sent, asked, requests, past } = caller;
  if (past === true)
    return `${sayCaller(caller)} sends past the split, as before there was one (asked ${sayPart(asked)} to ${canary}, ${requests} requests)`;
  return `${sayCaller(caller)} still sends ${sayPart(sent)} to ${canary} (asked ${sayPart(asked)}, ${requests} requests)`;
}

/** The callers that are proved not to follow, without those that something explains. */
export function staleCallers(following: readonly Following[] | undefined): readonly Following[] {
  return (following ?? []).filter(({ follows, explained }) => follows === false && explained === undefined);
}

/** That callers do not follow the weights, as a sentence; undefined where none is proved not to. */
export function warnOfStale({ following }: { readonly following?: readonly Following[] }): string | undefined {
  const stale = staleCallers(following);
  if (stale.length === 0) return undefined;
  const more = stale.length - NAMED;
  const named = stale.slice(0, NAMED).map(sayShareOf).join(', ');
  const whose = stale.length === 1 ? ALONE : 'their sidecars do not follow';
  return `${named}${more > 0 ? ` and ${more} more callers` : ''}: ${whose}`;
}

/** One caller as people and scripts are told of it; shares in percent. */
export interface FollowingStatus extends CallerName {
  /** False: it does not send by the weights, and nothing explains it. Null: not known, or `explained`. */
  readonly follows: boolean | null;
  readonly sent: number;
  readonly asked: number;
  readonly requests: number;
  /** Only where its requests are not as the weights say: what they are, and why. */
  readonly message?: string;
}

/** How one caller stands, for a status. */
export function followingStatus(caller: Following): FollowingStatus {
  const { name, id, node, follows, sent, asked, requests, explained } = caller;
  const percent = (share: number): number => Math.round(share * 10_000) / 100;
  const why = explained ?? (follows === false ? ALONE : undefined);
  return {
    name,
    id,
    node,
    follows: explained === undefined ? follows : null,
    sent: percent(sent),
    asked: percent(asked),
    requests,
    ...(why === undefined ? {} : { message: `${sayShareOf(caller)}: ${why}` }),
  };
}

/** What others are told: those that do not follow first, and no more than a few of them. */
export function toldFollowing(following: readonly Following[]): readonly Following[] {
  const rank = ({ follows }: Following): number => (follows === false ? 0 : follows === true ? 1 : 2);
  return following.toSorted((a, b) => rank(a) - rank(b)).slice(0, TOLD);
}

/** A share 0..1 in percent with at most two decimals; what is not the whole is not called so. */
function sayPart(share: number): string {
  const percent = share * 100;
  const digits = percent > 0 && percent < 1 ? 2 : percent % 1 === 0 ? 0 : 1;
  const rounded = Number(percent.toFixed(digits));
  return `${share < 1 && rounded === 100 ? 99.9 : rounded}%`;
}
