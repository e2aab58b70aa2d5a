import { setInterval } from 'node:timers';
import type { ControllerEvent } from '../../controller/events.js';
import { logEntry } from '../../core/history.js';
import { ownLegs } from '../../core/legs.js';
import type { Desk } from './desk.js';
import type { EventFeed } from './feed.js';
import { freezeState } from './freeze-state.js';
import { countsOf } from './list.js';
import { rowOf } from './rows.js';
import type { RolloutRow } from './schemas.js';

/** Evidence changes without an event: it is looked at this often, ms, but only while somebody reads; and for a twentieth of the time at most. */
const LOOK = 1_000;
const SHARE = 20;

/** The rows of all rollouts, kept by the controller's events; tells the feed what changes. */
export class Board {
  readonly #desk: Desk;
  readonly #feed: EventFeed;
  readonly #rows = new Map<string, RolloutRow>();
  readonly #told = new Map<string, { readonly wide: string; readonly full: string }>();
  readonly #dirty = new Set<string>();
  readonly #untold = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #counts = '';
  #looked = 0;
  #next = 0;
  #soon: NodeJS.Timeout | undefined;

  constructor(desk: Desk, feed: EventFeed) {
    this.#desk = desk;
    this.#feed = feed;
    for (const service of desk.services()) this.#dirty.add(service);
    this.#timer = setInterval(() => this.#tick(), LOOK).unref();
  }

  /** Takes note of what a controller tells. */
  hear(event: ControllerEvent): void {
    if (event.kind === 'entry' || event.kind === 'decided' || event.kind === 'owned') {
      this.#dirty.add(event.service);
      if (this.#feed.readers > 0) this.#soon ??= setTimeout(() => this.#flush(), 20).unref();
    }
    if (event.kind === 'members' || event.kind === 'freeze') for (const service of this.#rows.keys()) this.#dirty.add(service);
    if (event.kind === 'freeze') this.#feed.tell('freeze', freezeState(this.#desk));
    if (event.kind === 'decided') this.#tellDecision(event);
  }

  /** Every row as it is now; evidence is at most a second old. */
  rows(): Iterable<RolloutRow> {
    if (this.#desk.now() - this.#looked >= LOOK) this.#markLive();
    this.#refresh();
    return this.#rows.values();
  }

  /** Tells the feed what nobody was there to hear, so that a reader who comes back finds it. */
  catchUp(): void {
    this.#flush();
  }

  /** Ends its timers. */
  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
  }

  #markLive(): void {
    this.#looked = this.#desk.now();
    for (const service of this.#desk.attended()) this.#dirty.add(service);
  }

  #refresh(): void {
    const now = this.#desk.now();
    for (const service of this.#dirty) {
      const sight = this.#desk.sightOf(service);
      if (sight === undefined) this.#rows.delete(service);
      else this.#rows.set(service, rowOf(sight, now));
      this.#untold.add(service);
    }
    this.#dirty.clear();
  }

  #tick(): void {
    const now = this.#desk.now();
    if (this.#feed.readers === 0 || now < this.#next) return;
    const began = performance.now();
    this.#markLive();
    this.#flush();
    this.#next = now + (performance.now() - began) * SHARE;
    const counts = JSON.stringify(countsOf(this.#rows.values()));
    if (counts !== this.#counts) this.#feed.tell('counts', JSON.parse(counts));
    this.#counts = counts;
  }

  #flush(): void {
    this.#soon = undefined;
    this.#refresh();
    const changed = [...this.#untold];
    this.#untold.clear();
    for (const service of changed) {
      const row = this.#rows.get(service);
      if (row === undefined) {
        if (this.#told.delete(service)) this.#feed.tell('gone', { service }, { service });
        continue;
      }
      const told = this.#told.get(service);
      const full = JSON.stringify(row);
      if (told?.full === full) continue;
      const wide = glance(row);
      this.#told.set(service, { wide, full });
      this.#feed.tell('rollout', row, { service, close: told?.wide === wide });
    }
  }

  #tellDecision({ service, rollout, findings }: Extract<ControllerEvent, { kind: 'decided' }>): void {
    const { seq, at, phase, reason, asked, message, by } = logEntry(rollout, this.#desk.now(), findings, 0, 0);
    const weights = Object.fromEntries(ownLegs(asked).map((leg) => [leg.subset, leg.weight / 100]));
    const decision = {
      service,
      rollout: rollout.id,
      seq,
      at: new Date(at).toISOString(),
      phase,
      reason,
      asked: weights,
      message,
      by,
    };
    this.#feed.tell('decision', decision, { service });
  }
}

/** What a reader of all rollouts sees of one: numbers that change all the time are left to those who look at it alone. */
function glance({ modifyIndex, attention, driver, message, held, signals, canary }: RolloutRow): string {
  const observed = canary?.weight.observed ?? null;
  const share = observed === null ? null : Math.round(observed);
  return JSON.stringify([modifyIndex, attention, driver?.id, message, held, share, signals.map(({ verdict }) => verdict)]);
}
