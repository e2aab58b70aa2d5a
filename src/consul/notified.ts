import { isRecord } from '../core/is-record.js';
import type { NoticePlace, NoticePlaces } from '../ports.js';
import type { ConsulKv } from './kv.js';

/** How far the channels of each service were told, in KV under `notified/`, so that whoever tells next goes on from there. */
export class Notified implements NoticePlaces {
  readonly #kv: ConsulKv;
  readonly #prefix: string;

  constructor(kv: ConsulKv, prefix: string) {
    this.#kv = kv;
    this.#prefix = prefix.replace(/\/*$/, '/');
  }

  async read(service: string): Promise<{ places: Readonly<Record<string, NoticePlace>>; index: number }> {
    const { found } = await this.#kv.read(this.#key(service));
    return { places: found === undefined ? {} : parse(found.value), index: found?.modifyIndex ?? 0 };
  }

  write(service: string, places: Readonly<Record<string, NoticePlace>>, index: number): Promise<boolean> {
    return this.#kv.write(this.#key(service), JSON.stringify(places), index);
  }

  #key(service: string): string {
    return `${this.#prefix}notified/${service}`;
  }
}

/** What cannot be read is no place: then the present rollout is told from its beginning, which is better than not at all. */
function parse(value: string): Readonly<Record<string, NoticePlace>> {
  try {
    const places: unknown = JSON.parse(value);
    return Object.fromEntries(Object.entries(isRecord(places) ? places : {}).filter(([, place]) => isPlace(place))) as Readonly<
      Record<string, NoticePlace>
    >;
  } catch {
    return {};
  }
}

function isPlace(place: unknown): place is NoticePlace {
  return isRecord(place) && typeof place.rollout === 'string' && Number.isInteger(place.seq);
}
