import { expect } from 'chai';
import { Notices } from '../../src/controller/notices.js';
import type { State } from '../../src/core/rollout.js';
import type { Sent } from '../../src/ports.js';
import { until } from '../support/shell.js';
import { NOON } from '../support/world.js';
import { channelTo, fakeParts, planFor } from './telling.js';

const SENT: Sent = { kind: 'sent' };
const LATER: Sent = { kind: 'later', why: 'HTTP 503' };
const REVERTED: State = { phase: 'Reverted', reason: 'SignalFailed', step: 0 };
const plan = planFor(channelTo('A'));

describe('telling what happens', () => {
  let world: ReturnType<typeof fakeParts>;
  let notices: Notices;
  beforeEach(() => {
    world = fakeParts();
    notices = new Notices(world.parts);
  });
  afterEach(() => notices.stop());

  const tell = (count: number, rollout = '01A', own = plan): void => {
    for (let seq = 1; seq <= count; seq++) world.histories.add('payments', rollout, seq, own);
  };
  const arrivedAt = (receiver: string): readonly string[] => world.notifier.arrived[receiver] ?? [];
  const steps = (from: number, to: number, rollout = '01A'): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => `payments ${rollout} ${from + i} ${from + i === 1 ? 'started' : 'step'}`);
  /** Resolves when every channel has been told all that there is. */
  const settled = async (): Promise<readonly string[]> => {
    const left = await notices.stop(10_000);
    notices = new Notices(world.parts);
    return left;
  };

  it('tells every channel what it asked for, in order and once, however often it is woken', async () => {
    const both = planFor(channelTo('A'), channelTo('B', ['started', 'reverted']));
    tell(3, '01A', both);
    for (let i = 0; i < 100; i++) notices.wake('payments', '01A', both);
    expect(await settled()).to.deep.equal([]);
    world.histories.add('payments', '01A', 4, both, REVERTED);
    notices.wake('payments', '01A', both);
    await settled();
    expect(arrivedAt('A')).to.deep.equal([...steps(1, 3), 'payments 01A 4 reverted']);
    expect(arrivedAt('B')).to.deep.equal(['payments 01A 1 started', 'payments 01A 4 reverted']);
    expect(world.said).to.deep.equal([]);
  });

  it('asks nothing of Consul for a plan that tells nobody', async () => {
    world.histories.failing = 'asked';
    notices.wake('payments', '01A', planFor());
    await settled();
    expect(world.said).to.deep.equal([]);
  });

  for (let crash = 1; crash <= 4; crash++) {
    it(`tells again, and skips nothing, when its process dies before write ${crash} of its place`, async () => {
      tell(3);
      let writes = 0;
      world.places.beforeWrite = () => (++writes >= crash ? new Promise(() => undefined) : Promise.resolve());
      notices.wake('payments', '01A', plan);
      await until('it hangs', () => writes === crash);
      const before = arrivedAt('A');
      expect(before).to.deep.equal(steps(1, crash - 1));
      // The dead process never comes back; another one goes on.
      world.places.beforeWrite = async () => undefined;
      notices = new Notices(world.parts);
      notices.wake('payments', '01A', plan);
      await settled();
      expect(arrivedAt('A')).to.deep.equal([...before, ...steps(Math.max(1, crash - 1), 3)]);
    });
  }

  it('delays no wake and no other channel by one that never answers', async () => {
    const both = planFor(channelTo('A'), channelTo('B'));
    world.notifier.answer = (receiver, _, abort) =>
      receiver === 'A' ? new Promise((resolve) => abort.addEventListener('abort', () => resolve(LATER))) : Promise.resolve(SENT);
    for (let seq = 1; seq <= 5; seq++) {
      world.histories.add('payments', '01A', seq, both);
      expect(notices.wake('payments', '01A', both)).to.equal(undefined);
      await until(`B is told of ${seq}`, () => arrivedAt('B').length === seq);
    }
    expect([world.notifier.underWay, arrivedAt('A')]).to.deep.equal([1, []]);
    expect(await notices.stop()).to.deep.equal(['webhook (url_env A) of payments']);
    expect([world.notifier.underWay, world.said]).to.deep.equal([0, []]);
    // Whoever comes next tells it from where it stood.
    world.notifier.answer = async () => SENT;
    notices = new Notices(world.parts);
    notices.wake('payments', '01A', both);
    await settled();
    expect(arrivedAt('A')).to.deep.equal(steps(1, 5));
    expect(arrivedAt('B')).to.deep.equal(steps(1, 5));
  });

  it('keeps the place of a channel that fails, says so once, and tries it again at the next wake', async () => {
    tell(2);
    let tries = 0;
    world.notifier.answer = async () => (++tries <= 2 ? LATER : SENT);
    notices.wake('payments', '01A', plan);
    await until('it failed', () => tries === 1 && world.said.length === 1);
    world.histories.add('payments', '01A', 3, plan);
    notices.wake('payments', '01A', plan);
    await until('it failed again', () => tries === 2);
    await until('it is woken and tells', () => {
      notices.wake('payments', '01A', plan);
      return arrivedAt('A').length === 3;
    });
    expect(arrivedAt('A')).to.deep.equal(steps(1, 3));
    expect(world.said).to.deep.equal([
      'webhook (url_env A) of payments: cannot be told now: HTTP 503; it keeps its place and is tried again',
    ]);
  });

  it('tries no sooner than the receiver asks, whoever wakes it', async () => {
    const both = planFor(channelTo('A'), channelTo('B'));
    let tries = 0;
    world.notifier.answer = async (receiver) => {
      if (receiver === 'B') return SENT;
      tries += 1;
      return { kind: 'later', why: 'HTTP 429', after: 3_600_000 };
    };
    tell(1, '01A', both);
    notices.wake('payments', '01A', both);
    await until('A asked for time', () => world.said.length === 1);
    for (let seq = 2; seq <= 4; seq++) {
      world.histories.add('payments', '01A', seq, both);
      notices.wake('payments', '01A', both);
      await until('B is told', () => arrivedAt('B').length === seq);
    }
    expect(tries).to.equal(1);
  });

  it('goes on past what the receiver refuses, and says so', async () => {
    tell(3);
    world.notifier.answer = async (_, { seq }) => (seq === 2 ? { kind: 'never', why: 'HTTP 400, no' } : SENT);
    notices.wake('payments', '01A', plan);
    await settled();
    expect(arrivedAt('A')).to.deep.equal([...steps(1, 1), ...steps(3, 3)]);
    expect(world.said).to.deep.equal([
      'webhook (url_env A) of payments: gave up telling it that "payments: green "3" 1% -> 2%": HTTP 400, no',
    ]);
  });

  it('gives up what could not be told for a day, and says so; what is younger keeps its place', async () => {
    tell(2);
    world.clock.at = NOON + 24 * 3_600_000;
    world.histories.add('payments', '01A', 3, plan, undefined, world.clock.at);
    world.notifier.answer = async () => LATER;
    notices.wake('payments', '01A', plan);
    await until('it said three things', () => world.said.length === 3);
    expect(world.said.map((line) => /gave up .*for a day$|keeps its place/.exec(line)?.[0].slice(0, 7))).to.deep.equal([
      'gave up',
      'gave up',
      'keeps i',
    ]);
    world.notifier.answer = async () => SENT;
    notices.wake('payments', '01A', plan);
    await settled();
    expect(arrivedAt('A')).to.deep.equal(steps(3, 3));
  });

  it('tells an older rollout to its end before the present one, where that rollout’s plan named the channel', async () => {
    const other = planFor(channelTo('B'));
    tell(2);
    notices.wake('payments', '01A', plan);
    await settled();
    world.histories.add('payments', '01A', 3, plan, REVERTED);
    for (const seq of [1, 2]) world.histories.add('payments', '01B', seq, other);
    world.histories.add('payments', '01B', 3, other, REVERTED);
    const both = planFor(channelTo('A'), channelTo('B'));
    tell(2, '01C', both);
    notices.wake('payments', '01C', both);
    await settled();
    expect(arrivedAt('A')).to.deep.equal([...steps(1, 2), 'payments 01A 3 reverted', ...steps(1, 2, '01C')]);
    expect(arrivedAt('B')).to.deep.equal(steps(1, 2, '01C'));
  });

  it('tells nothing past an entry that is not in the log yet; five seconds later it waits no longer', async () => {
    for (const seq of [1, 2, 4]) world.histories.add('payments', '01A', seq, plan);
    notices.wake('payments', '01A', plan);
    await until('it tells up to the gap', () => arrivedAt('A').length === 2);
    world.histories.add('payments', '01A', 3, plan);
    world.histories.add('payments', '01A', 6, plan);
    await until('it tells the late one in its place', () => {
      notices.wake('payments', '01A', plan);
      return arrivedAt('A').length === 4;
    });
    expect(arrivedAt('A')).to.deep.equal(steps(1, 4));
    world.clock.at = NOON + 10_000;
    await until('it tells what is there', () => {
      notices.wake('payments', '01A', plan);
      return arrivedAt('A').length === 5;
    });
    expect(arrivedAt('A').at(-1)).to.equal('payments 01A 6 step');
  });

  it('skips nothing when several tell at once', async () => {
    tell(20);
    const others = [1, 2, 3].map(() => new Notices(world.parts));
    for (const one of others) one.wake('payments', '01A', plan);
    expect(await Promise.all(others.map((one) => one.stop(10_000)))).to.deep.equal([[], [], []]);
    expect([...new Set(arrivedAt('A'))]).to.deep.equal(steps(1, 20));
  });

  it('says that Consul cannot be asked, and goes on when it can', async () => {
    tell(1);
    world.histories.failing = 'Consul has no leader';
    notices.wake('payments', '01A', plan);
    await until('it said so', () => world.said.length === 1);
    expect(world.said[0]).to.include('cannot be told now: Consul has no leader');
    world.histories.failing = undefined;
    notices.wake('payments', '01A', plan);
    await settled();
    expect(arrivedAt('A')).to.deep.equal(steps(1, 1));
  });

  it('sends to no receiver more than a few messages at once, and to all together no more than some dozens', async () => {
    const services = Array.from({ length: 60 }, (_, i) => `s${i}`);
    for (const [own, most] of [
      [() => plan, 4],
      [(i: number) => planFor(channelTo(`R${i}`)), 32],
    ] as const) {
      world = fakeParts();
      notices = new Notices(world.parts);
      world.notifier.answer = () => new Promise((resolve) => setImmediate(() => resolve(SENT)));
      for (const [i, service] of services.entries()) {
        for (const seq of [1, 2]) world.histories.add(service, '01A', seq, own(i));
        notices.wake(service, '01A', own(i));
      }
      expect(await notices.stop(10_000)).to.deep.equal([]);
      expect(world.notifier.most).to.be.within(2, most);
      expect(Object.values(world.notifier.arrived).flat()).to.have.length(120);
    }
  });
});
