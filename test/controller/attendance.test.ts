import { expect } from 'chai';
import { Attendance, type Beating } from '../../src/controller/attendance.js';
import { until } from '../support/shell.js';

const TTL = 60;

/** A register that answers each beat by a script (true for ever after), and each list by hand. */
function attend(script: readonly (boolean | Error)[]) {
  const [stop, members, held, troubles]: [AbortController, (readonly string[])[], string[], string[]] = [
    new AbortController(),
    [],
    [],
    [],
  ];
  let beats = 0;
  let tell: ((members: readonly (string | Beating)[]) => void) | undefined;
  let beaten = 0;
  let index = 1;
  const clock = { now: () => Date.now() };
  const attendance = new Attendance(
    { self: 'c1', ttl: TTL, clock },
    {
      beat: async () => {
        const answer = script[beats++] ?? true;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      list: (_, abort) =>
        new Promise((resolve, reject) => {
          tell = (all) => {
            tell = undefined;
            // A name alone is one that has beaten since.
            resolve({ members: all.map((one) => (typeof one === 'string' ? { id: one, beat: ++beaten } : one)), index: ++index });
          };
          abort.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    },
    (all) => members.push(all),
    (is, why) => held.push(`${is} ${why}`.trim()),
  );
  const running = attendance.run(stop.signal, ({ message }) => troubles.push(message));
  return {
    attendance,
    members,
    held,
    troubles,
    beats: () => beats,
    tell: async (all: readonly (string | Beating)[]): Promise<void> => {
      await until('the list is asked for', () => tell !== undefined);
      tell?.(all);
      await until('the list is asked for again', () => tell !== undefined);
    },
    end: () => {
      stop.abort();
      return running;
    },
  };
}

describe('attendance', () => {
  it('beats on and on, and is held from the first beat that was taken', async () => {
    const run = attend([]);
    await until('four beats', () => run.beats() >= 4);
    expect([run.attendance.held, run.held]).to.deep.equal([true, ['true']]);
    await run.end();
    const ended = run.beats();
    await new Promise((resolve) => setTimeout(resolve, 2 * TTL));
    expect(run.beats(), 'no beat after its end').to.equal(ended);
  });

  it('a beat that fails is told once, tried again, and told when it is well again', async () => {
    const run = attend([true, new Error('no leader'), new Error('no leader')]);
    await until('held again', () => run.held.length === 3);
    expect(run.held).to.deep.equal(['true', 'false no leader', 'true']);
    expect(run.troubles).to.deep.equal(['no leader', 'no leader']);
    await run.end();
  });

  it('an id that another process holds is not held, and is no trouble of Consul', async () => {
    const run = attend([false, false]);
    await until('held', () => run.attendance.held);
    expect(run.held).to.deep.equal(['false another process is registered under this id', 'true']);
    expect(run.troubles).to.deep.equal([]);
    await run.end();
  });

  it('tells who is there, sorted, and only when that has changed', async () => {
    const run = attend([]);
    await run.tell(['c2', 'c1']);
    await run.tell(['c1', 'c2']);
    await run.tell(['c1']);
    expect(run.members).to.deep.equal([['c1', 'c2'], ['c1']]);
    await run.end();
  });

  it('misses one that is registered but does not beat any more, and none while this one cannot beat itself', async () => {
    const run = attend([]);
    await until('held', () => run.attendance.held);
    const silent = { id: 'c2', beat: 7 };
    await run.tell(['c1', silent, 'c3']);
    await new Promise((resolve) => setTimeout(resolve, 2 * TTL));
    await run.tell([{ id: 'c1', beat: 1 }, silent, 'c3']);
    expect(run.attendance.members, 'itself it never misses').to.deep.equal(['c1', 'c3']);
    await run.tell(['c1', { id: 'c2', beat: 8 }, 'c3']);
    expect(run.attendance.members).to.deep.equal(['c1', 'c2', 'c3']);
    await run.end();

    const mute = attend(Array.from({ length: 100 }, () => new Error('no leader')));
    await mute.tell(['c1', silent]);
    await new Promise((resolve) => setTimeout(resolve, 2 * TTL));
    await mute.tell(['c1', silent]);
    expect(mute.attendance.members).to.deep.equal(['c1', 'c2']);
    await mute.end();
  });
});
