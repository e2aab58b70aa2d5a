import type { NoticeParts } from '../../src/controller/notice-lane.js';
import type { Channel, NoticeKind } from '../../src/core/channel.js';
import { appendEntry, emptyHistory, type History, type LogEntry, logEntry } from '../../src/core/history.js';
import type { Notice } from '../../src/core/notice.js';
import type { Plan } from '../../src/core/plan.js';
import type { State } from '../../src/core/rollout.js';
import type { Histories, NoticePlace, NoticePlaces, Notifier, Sent } from '../../src/ports.js';
import { makePlan, makeRollout, NOON } from '../support/world.js';

/** A channel to a receiver of this name. */
export function channelTo(
  name: string,
  on: readonly NoticeKind[] = ['started', 'step', 'paused', 'promoted', 'reverted'],
): Channel {
  return { kind: 'webhook', address: { env: name }, on };
}

/** A plan that tells these channels. */
export function planFor(...notify: readonly Channel[]): Plan {
  return makePlan({ notify });
}

/** Decision logs in memory. */
export class FakeLogs implements Histories {
  readonly logs = new Map<string, History>();
  failing: string | undefined;

  /** Adds an entry of this seq: canary at so many percent, or the given state. */
  add(service: string, rollout: string, seq: number, plan: Plan, state?: State, at = NOON): void {
    const whole = this.logs.get(`${service}/${rollout}`) ?? emptyHistory(service, rollout);
    const own: State =
      state ?? ({ phase: seq === 1 ? 'Pending' : 'Progressing', reason: seq === 1 ? 'Starting' : 'Stepping', step: 0 } as State);
    const entry: LogEntry = logEntry(makeRollout(seq, { id: rollout, seq, state: own, plan: 'abc' }), at, [], 0, seq);
    this.logs.set(`${service}/${rollout}`, { ...appendEntry(whole, entry), plans: { abc: { plan, source: 'plan.yaml' } } });
  }

  async readHistory(service: string, rollout: string): Promise<History> {
    if (this.failing !== undefined) throw new Error(this.failing);
    return this.logs.get(`${service}/${rollout}`) ?? emptyHistory(service, rollout);
  }

  async listRollouts(service: string): Promise<readonly string[]> {
    return [...this.logs.keys()]
      .filter((key) => key.startsWith(`${service}/`))
      .map((key) => key.slice(service.length + 1))
      .sort();
  }
}

/** Places in memory, compared and set as Consul does; `beforeWrite` may fail in its stead. */
export class FakePlaces implements NoticePlaces {
  readonly #kept = new Map<string, { places: Readonly<Record<string, NoticePlace>>; index: number }>();
  beforeWrite: () => Promise<void> = async () => undefined;

  async read(service: string) {
    return this.#kept.get(service) ?? { places: {}, index: 0 };
  }

  async write(service: string, places: Readonly<Record<string, NoticePlace>>, index: number): Promise<boolean> {
    await this.beforeWrite();
    if ((this.#kept.get(service)?.index ?? 0) !== index) return false;
    this.#kept.set(service, { places, index: index + 1 });
    return true;
  }
}

/** A notifier that remembers what arrived at which receiver, and answers as it is told. */
export class FakeNotifier implements Notifier {
  readonly arrived: Record<string, string[]> = {};
  underWay = 0;
  most = 0;
  answer: (receiver: string, notice: Notice, abort: AbortSignal) => Promise<Sent> = async () => ({ kind: 'sent' });

  async send(notice: Notice, channel: Channel, abort: AbortSignal): Promise<Sent> {
    const receiver = 'env' in channel.address ? channel.address.env : '';
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    const sent = await this.answer(receiver, notice, abort);
    this.underWay -= 1;
    const told = `${notice.service} ${notice.rollout} ${notice.seq} ${notice.kind}`;
    if (sent.kind === 'sent') this.arrived[receiver] = [...(this.arrived[receiver] ?? []), told];
    return sent;
  }
}

/** All that telling needs, in memory; `now` may be moved. */
export function fakeParts() {
  const clock = { at: NOON, now: () => clock.at };
  const said: string[] = [];
  const [histories, places, notifier] = [new FakeLogs(), new FakePlaces(), new FakeNotifier()];
  const parts: NoticeParts = { histories, places, notifier, clock, say: (line) => void said.push(line) };
  return { parts, histories, places, notifier, clock, said };
}
