import { type EntryKind, metaOf, type StoredEntry, storedLegs, subsetsOf } from '../core/entries.js';
import { type Leg, ownLegs, sameShares } from '../core/legs.js';
import { type Chain, type Instances, type Observation, serving } from '../core/observation.js';
import type { Plan, Subset } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import { isFinal } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { Entries, FreezeSwitch, Mesh } from '../ports.js';
import { ABSENT_KEY_PACE, follow } from './follow.js';

/** One service as Consul has it: entries, instances, the freeze, and on demand the compiled chain. Kept fresh by its own blocking queries, or by whoever tells it. */
export class World {
  readonly #mesh: Mesh;
  readonly #switch: FreezeSwitch;
  readonly #plan: Plan;
  readonly #abort: AbortSignal;
  readonly #changed: () => void;
  readonly #now: () => number;
  #entries: Entries = {};
  #instances: Readonly<Record<string, Instances>> = {};
  #servingSince: Readonly<Record<string, number>> = {};
  #freeze: Freeze | undefined;
  #chain: Chain | undefined;
  #resolverSince = 0;
  #weightsSince = 0;
  #heard = 0;
  #counted: string | undefined;

  constructor(mesh: Mesh, freeze: FreezeSwitch, plan: Plan, now: () => number, changed: () => void, abort: AbortSignal) {
    this.#mesh = mesh;
    this.#switch = freeze;
    this.#plan = plan;
    this.#now = now;
    this.#changed = changed;
    this.#abort = abort;
  }

  /** Reads everything once; from then on splitter, resolver, instances and the freeze are followed in the background. */
  async open(): Promise<void> {
    await this.refresh();
    await this.count();
    const { freeze, index: heard } = await this.#switch.readFreeze({ abort: this.#abort });
    this.#freeze = freeze;
    void follow((index) => this.#followFreeze(index), this.#abort, { from: heard, pace: () => ABSENT_KEY_PACE });
    void follow((index) => this.#followEntry('service-splitter', index), this.#abort);
    void follow((index) => this.#followEntry('service-resolver', index), this.#abort);
    if (this.#plan.route !== undefined) void follow((index) => this.#followEntry('service-router', index), this.#abort);
    void follow((index) => this.#followInstances(index), this.#abort);
  }

  /** Reads the entries again, as after a write of one's own or a lost race. */
  async refresh(): Promise<void> {
    let [entries, heard] = [this.#entries, -1];
    // A watch that heard of a newer entry during the read will not tell it again, so the older answer must not replace it.
    while (heard !== this.#heard) {
      heard = this.#heard;
      entries = await this.#mesh.readEntries(this.#plan.service, this.#abort);
    }
    this.#take(entries);
    await this.#recount();
  }

  /** Begins with entries that somebody else has read. */
  adopt(entries: Entries): void {
    this.#take(entries);
  }

  /** Reads one entry again, as after a write of one's own. */
  async reread(kind: EntryKind): Promise<void> {
    const part = PARTS[kind];
    let heard = -1;
    let entry: StoredEntry | undefined;
    while (heard !== this.#heard) {
      heard = this.#heard;
      entry = (await this.#mesh.readEntry(kind, this.#plan.service, { abort: this.#abort })).entry;
    }
    this.#take(withPart(this.#entries, part, entry));
    await this.#recount();
  }

  /** Takes the freeze as somebody else has read it. */
  hearFreeze(freeze: Freeze | undefined): void {
    this.#freeze = freeze;
  }

  /** Takes an entry that somebody else has read; an older one than is known is dropped. True when it was news. */
  async hear(kind: EntryKind, entry: StoredEntry | undefined): Promise<boolean> {
    const part = PARTS[kind];
    const known = this.#entries[part]?.modifyIndex ?? 0;
    if ((entry?.modifyIndex ?? 0) === known) return false;
    // A read that was under way during a write of ours may answer with what was before it.
    if (entry !== undefined && entry.modifyIndex < known) return false;
    this.#heard++;
    this.#take(withPart(this.#entries, part, entry));
    await this.#recount();
    return true;
  }

  /** Reads the compiled chain unless the last one says already what was asked for; one from before a change of its entries is forgotten. */
  async compile(asked: readonly Leg[]): Promise<void> {
    if (this.#chain !== undefined && sameShares(ownLegs(this.#chain.legs), ownLegs(asked))) return;
    this.#chain = await this.#mesh.readChain(this.#plan.service, this.#abort);
  }

  /** What Consul knows now, without what only sidecars and signals can tell. */
  seen(): Omit<Observation, 'agreement' | 'observed' | 'findings'> {
    return {
      ...this.#entries,
      ...(this.#freeze === undefined ? {} : { freeze: this.#freeze }),
      resolverSince: this.#resolverSince,
      weightsSince: this.#weightsSince,
      instances: this.#instances,
      servingSince: this.#servingSince,
      ...(this.#chain === undefined ? {} : { chain: this.#chain }),
    };
  }

  /** Since when the stored weights are what they are. */
  get weightsSince(): number {
    return this.#weightsSince;
  }

  async #followEntry(kind: EntryKind, index: number): Promise<number> {
    const read = await this.#mesh.readEntry(kind, this.#plan.service, { index, abort: this.#abort });
    if (await this.hear(kind, read.entry)) this.#changed();
    return read.index;
  }

  async #followFreeze(index: number): Promise<number> {
    const { freeze, index: next } = await this.#switch.readFreeze({ index, abort: this.#abort });
    const changed = JSON.stringify(freeze) !== JSON.stringify(this.#freeze);
    this.#freeze = freeze;
    if (changed) this.#changed();
    return next;
  }

  async #followInstances(index: number): Promise<number> {
    const next = await this.#mesh.watchInstances(this.#plan.service, index, this.#abort);
    await this.count();
    this.#changed();
    return next;
  }

  /** Counts the instances that the mesh itself would use: by the resolver's filters once a rollout is under way, before that by the plan's. */
  async count(): Promise<void> {
    const subsets = this.#subsets();
    this.#counted = JSON.stringify(subsets);
    this.#instances = await this.#mesh.countInstances(this.#plan.service, subsets, this.#abort);
    const now = this.#now();
    const serves = Object.keys(this.#instances).filter((subset) => serving(this.#instances[subset]) > 0);
    this.#servingSince = Object.fromEntries(serves.map((subset) => [subset, this.#servingSince[subset] ?? now]));
  }

  async #recount(): Promise<void> {
    if (this.#counted !== undefined && this.#counted !== JSON.stringify(this.#subsets())) await this.count();
  }

  #subsets(): readonly Subset[] {
    const { splitter, resolver } = this.#entries;
    const record = readRecord(metaOf(splitter?.entry));
    if (record === undefined || isFinal(record)) return this.#plan.subsets;
    const filters = subsetsOf(resolver?.entry);
    return this.#plan.subsets.map((subset) => ({ ...subset, filter: filters.get(subset.name) || subset.filter }));
  }

  #take(entries: Entries): void {
    const before = this.#entries;
    this.#entries = entries;
    const changed = (part: keyof Entries): boolean => before[part]?.modifyIndex !== entries[part]?.modifyIndex;
    if (changed('resolver') || changed('router')) this.#chain = undefined;
    else if (changed('splitter')) this.#chain = withWeights(this.#chain, before, entries, this.#plan.service);
    if (changed('resolver')) this.#resolverSince = this.#now();
    const { service } = this.#plan;
    if (changed('splitter') && !sameShares(storedLegs(before, service), storedLegs(entries, service)))
      this.#weightsSince = this.#now();
  }
}

const PARTS = {
  'service-splitter': 'splitter',
  'service-resolver': 'resolver',
  'service-router': 'router',
  'service-defaults': 'defaults',
} as const satisfies Record<EntryKind, keyof Entries>;

/** A chain that was read once changes with the weights alone as long as no entry but the splitter does: Consul compiles it from these entries. */
function withWeights(chain: Chain | undefined, before: Entries, after: Entries, service: string): Chain | undefined {
  if (chain === undefined || before.splitter === undefined || after.splitter === undefined) return undefined;
  const [was, legs] = [storedLegs(before, service), storedLegs(after, service)];
  const whole = chain.startsWith !== 'resolver' && sameShares(chain.legs, was) && was.length === legs.length;
  const known = legs.every((leg) => leg.service === undefined && was.some(({ subset }) => subset === leg.subset));
  return whole && known ? { ...chain, legs } : undefined;
}

function withPart(entries: Entries, part: keyof Entries, entry: StoredEntry | undefined): Entries {
  const { [part]: _, ...others } = entries;
  return entry === undefined ? others : { ...others, [part]: entry };
}
