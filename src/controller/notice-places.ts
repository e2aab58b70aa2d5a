import { createHash } from 'node:crypto';
import { type Channel, placeOf } from '../core/channel.js';
import type { NoticePlace, NoticePlaces } from '../ports.js';

/** The key of a channel among the places: the same wherever in the plan it stands, and without a word of its address. */
export function keyOf(channel: Channel): string {
  return `${channel.kind}-${createHash('sha256').update(placeOf(channel)).digest('hex').slice(0, 16)}`;
}

const TRIES = 8;

/** Moves a channel's place on, never back: others may have told more already. Throws when others are faster every time. */
export async function moveOn(store: NoticePlaces, service: string, key: string, to: NoticePlace): Promise<NoticePlace> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { places, index } = await store.read(service);
    const from = places[key];
    if (from !== undefined && !isBefore(from, to)) return from;
    if (await store.write(service, { ...places, [key]: to }, index)) return to;
  }
  throw new Error(`how far ${service} was told changed ${TRIES} times while it was being written`);
}

function isBefore(a: NoticePlace, b: NoticePlace): boolean {
  // ULIDs sort by time.
  return a.rollout === b.rollout ? a.seq < b.seq : a.rollout < b.rollout;
}
