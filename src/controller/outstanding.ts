import { type Channel, sameAddress, wants } from '../core/channel.js';
import type { History, LogEntry } from '../core/history.js';
import { afterGap, type Notice, noticesOf } from '../core/notice.js';
import type { Clock, Histories, NoticePlaces } from '../ports.js';
import { moveOn } from './notice-places.js';

/** What a channel has still to be told: the next of it, in order; and whether the log may lack something that comes before more. */
export interface Outstanding {
  readonly notices: readonly Notice[];
  readonly unsettled: boolean;
}

/** How long an entry is waited for that its writer has not logged yet, while later ones are there already. */
const SETTLES = 5_000;
/** An entry that is older than this, by whatever clock, waits for none before it. */
const OLD = 60_000;

/** Finds what one channel of one service has still to be told: past its place, rollout by rollout. */
export class OutstandingNotices {
  readonly #parts: { readonly histories: Histories; readonly places: NoticePlaces; readonly clock: Clock };
  readonly #service: string;
  readonly #key: string;
  readonly #gaps = new Map<string, number>();

  constructor(
    parts: { readonly histories: Histories; readonly places: NoticePlaces; readonly clock: Clock },
    service: string,
    key: string,
  ) {
    this.#parts = parts;
    this.#service = service;
    this.#key = key;
  }

  /** The notices of the first rollout that has any, up to the present one. A channel that was never told begins with the present rollout. */
  async find(channel: Channel, rollout: string): Promise<Outstanding> {
    const { histories, places } = this.#parts;
    const known = (await places.read(this.#service)).places[this.#key];
    const place = known ?? (await moveOn(places, this.#service, this.#key, { rollout, seq: 0 }));
    for (const id of await this.#rollouts(place.rollout, rollout)) {
      const history = await histories.readHistory(this.#service, id);
      const present = id === rollout;
      const own = present ? channel : channelIn(history, channel);
      const after = id === place.rollout ? place.seq : 0;
      const gap = this.#findGap(history, after);
      const unsettled = gap !== undefined || (!present && this.#mayGrow(history));
      const notices = noticesOf(history, after).filter(
        ({ kind, seq }) => own !== undefined && wants(own, kind) && seq < (gap?.seq ?? Number.POSITIVE_INFINITY),
      );
      if (notices.length > 0 || unsettled) return { notices, unsettled };
    }
    if (place.rollout !== rollout) await moveOn(places, this.#service, this.#key, { rollout, seq: 0 });
    return { notices: [], unsettled: false };
  }

  async #rollouts(from: string, to: string): Promise<readonly string[]> {
    if (from === to) return [to];
    const known = await this.#parts.histories.listRollouts(this.#service);
    return [...known.filter((id) => id >= from && id < to), ...(from < to ? [to] : [])];
  }

  #findGap(history: History, after: number): LogEntry | undefined {
    let gap = afterGap(history, after);
    while (gap !== undefined && this.#isSettled(history, gap)) gap = afterGap(history, gap.seq);
    return gap;
  }

  /** Whether a rollout that another has followed may still get its last entry. */
  #mayGrow(history: History): boolean {
    const last = history.entries.at(-1);
    return last !== undefined && !ENDS.includes(last.phase) && !this.#isSettled(history, last);
  }

  #isSettled({ rollout }: History, { seq, at }: LogEntry): boolean {
    const now = this.#parts.clock.now();
    if (now - at > OLD) return true;
    const key = `${rollout} ${seq}`;
    const since = this.#gaps.get(key) ?? now;
    this.#gaps.set(key, since);
    return now - since >= SETTLES;
  }
}

const ENDS: readonly string[] = ['Promoted', 'Reverted', 'Superseded'];

/** The same channel as the plan had it that the rollout followed last. */
function channelIn({ entries, plans }: History, channel: Channel): Channel | undefined {
  return plans[entries.at(-1)?.plan ?? '']?.plan.notify?.find((one) => sameAddress(one, channel));
}
