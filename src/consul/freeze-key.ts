import { isRecord } from '../core/is-record.js';
import { formatTime } from '../core/record.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { FreezeSwitch, ReadOptions } from '../ports.js';
import { ConsulError } from './errors.js';
import type { ConsulKv } from './kv.js';

const TRIES = 8;

/** The switch that stops all advances: one key in KV, as JSON with times in RFC 3339. Nothing reads it before a revert. */
export class FreezeKey implements FreezeSwitch {
  readonly #kv: ConsulKv;
  readonly #key: string;

  constructor(kv: ConsulKv, prefix: string) {
    this.#kv = kv;
    this.#key = `${prefix.replace(/\/*$/, '/')}freeze`;
  }

  /** What the switch says, one that was turned off too (see `isFrozen`); undefined where it was never used. With an index it blocks until that changes. */
  async readFreeze({ index, abort }: ReadOptions = {}): Promise<{ readonly freeze: Freeze | undefined; readonly index: number }> {
    const options = { ...(index === undefined ? {} : { index }), ...(abort === undefined ? {} : { abort }) };
    const { found, index: next } = await this.#kv.read(this.#key, options);
    return { freeze: found === undefined ? undefined : parseFreeze(found.value, this.#key), index: next };
  }

  /** Changes the switch by compare-and-set; gives what it says then. With undefined nothing is to be changed. */
  async change(next: (freeze: Freeze | undefined) => Freeze | undefined): Promise<Freeze | undefined> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { found } = await this.#kv.read(this.#key);
      const freeze = found === undefined ? undefined : parseFreeze(found.value, this.#key);
      const changed = next(freeze);
      if (changed === undefined) return freeze;
      if (await this.#kv.write(this.#key, writeFreeze(changed), found?.modifyIndex ?? 0)) return changed;
    }
    throw new ConsulError('rejected', `key ${this.#key} changed ${TRIES} times while it was being written`, 'try again');
  }
}

function writeFreeze({ by, reason, since, until, ended }: Freeze): string {
  const ends = {
    ...(until === undefined ? {} : { until: formatTime(until) }),
    ...(ended === undefined ? {} : { ended: formatTime(ended) }),
  };
  return JSON.stringify({ by, reason, since: formatTime(since), ...ends });
}

/** What nobody can read is a freeze: whoever wrote it wanted to stop something. */
function parseFreeze(value: string, key: string): Freeze {
  const read = parseJson(value);
  const at = (name: string): number => (isRecord(read) && typeof read[name] === 'string' ? Date.parse(read[name]) : Number.NaN);
  if (!isRecord(read) || Number.isNaN(at('since')))
    return { by: 'somebody', reason: `key ${key} holds what splitter did not write there`, since: 0 };
  const ends = (['until', 'ended'] as const).flatMap((name) => (Number.isNaN(at(name)) ? [] : [[name, at(name)] as const]));
  return {
    by: String(read.by ?? 'somebody'),
    reason: String(read.reason ?? ''),
    since: at('since'),
    ...Object.fromEntries(ends),
  };
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
