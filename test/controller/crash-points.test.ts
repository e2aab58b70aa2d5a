import { expect } from 'chai';
import { isFinal } from '../../src/core/rollout.js';
import { CrashStory, failuresHeld } from '../support/crash-driver.js';
import { Crash, Fuse } from '../support/crash-fuse.js';

const AT_ONCE = 24;
const STEPS = [0, 1_000, 5_000, 10_000];

type When = 'before' | 'after';

const STEP_HOOKS = [0, 1, 2].flatMap((step) => [`before_step ${step}`, `after_step ${step}`]);
const TAKEN_BACK = ['before_start 0', ...STEP_HOOKS, 'run 2', 'before_step 3', 'after_revert 3'];
const PROMOTION = [
  ...TAKEN_BACK.slice(0, -1),
  'after_step 3',
  'before_step 4',
  'after_step 4',
  'before_promote 5',
  'after_promote 5',
];

/** Lives on after the crash, with driver after driver, and shows that nothing was lost on the way. */
async function survive(story: CrashStory, fuses: readonly Fuse[], where: string): Promise<void> {
  for (const fuse of fuses)
    await story.live(fuse).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
  await story.live();
  expect(story.record !== undefined && isFinal(story.record), `${where}: it reached its end`).to.equal(true);
  for (const { sum, green } of story.mesh.accepted) {
    expect(sum, `${where}: the weights sum to 100`).to.equal(10_000);
    expect(STEPS, `${where}: canary stands at a step of the plan`).to.include(green);
  }
  const records = story.mesh.accepted.map(({ record }) => record!);
  for (const [i, record] of records.entries()) {
    const before = records[i - 1];
    expect(record.seq, `${where}: each write is one higher`).to.equal((before?.seq ?? 0) + 1);
    if (before !== undefined)
      expect(failuresHeld(record), `${where}: no failure is forgiven`).to.be.at.least(failuresHeld(before));
  }
  const promoted = story.record?.state.phase === 'Promoted';
  expect(story.mesh.routed, `${where}: the routes are gone`).to.equal(false);
  expect(story.mesh.defaultSubset, `${where}: the default subset`).to.equal(promoted ? 'green' : undefined);
  for (const effect of promoted ? PROMOTION : TAKEN_BACK)
    expect(story.effects, `${where}: the effect of ${effect}`).to.include(effect);
  // Whoever takes over logs what its predecessor could not; two deaths within one log write can cost a line.
  if (fuses.length === 1) await expectLogged(story, where);
}

/** A driver that died right after its last write is followed by nobody: only that one record may be missing from the log. */
async function expectLogged(story: CrashStory, where: string): Promise<void> {
  const { id, seq: last } = story.record!;
  const { entries } = await story.log.readHistory('payments', id);
  const logged = entries.map(({ seq }) => seq);
  const missing = story.mesh.accepted.filter(({ record }) => !logged.includes(record!.seq)).map(({ record }) => record!);
  const decided = missing
    .filter(({ seq, message }) => seq !== last && !savesEvidenceOnly(story, seq, message))
    .map(({ seq, message }) => `${seq}: ${message}`);
  expect(decided, `${where}: every decision is in the log`).to.deep.equal([]);
  const told = new Set(entries.flatMap(({ programs = [] }) => programs.map(({ point, step }) => `${point} ${step}`)));
  const untold = [...new Set(story.effects)].filter((effect) => {
    const [point = '', step = ''] = effect.split(' ');
    // What the next record was written for, its message says.
    const near = [...entries, { step: story.record!.state.step, message: story.record!.message }].filter(
      (entry) => entry.step === Number(step) || entry.step === Number(step) + 1,
    );
    return !told.has(effect) && !near.some(({ message }) => message.includes(`${point} passed`));
  });
  expect(untold, `${where}: effects without a word`).to.deep.equal([]);
}

function savesEvidenceOnly(story: CrashStory, seq: number, message: string): boolean {
  const before = story.mesh.accepted.find(({ record }) => record?.seq === seq - 1)?.record;
  const own = story.mesh.accepted.find(({ record }) => record?.seq === seq)?.record;
  return before?.message === message && before.driver === own?.driver && before.enteredAt === own.enteredAt;
}

/** Tries every call, before and after it, until a driver ends with fewer calls than that; gives how many there were. */
async function tryEveryCall(make: () => CrashStory): Promise<number> {
  for (let from = 1; ; from += AT_ONCE) {
    const points = Array.from({ length: AT_ONCE }, (_, i) => from + i);
    const calls = await Promise.all(
      points.flatMap((at) =>
        (['before', 'after'] as const).map(async (when: When) => {
          const fuse = new Fuse(at, when);
          await survive(make(), [fuse], `killed ${when} call ${at}`);
          return fuse.calls;
        }),
      ),
    );
    const most = Math.max(...calls);
    if (most < points.at(-1)!) return most;
  }
}

describe('a driver on a mesh in memory, killed before and after every call it makes', () => {
  it('is replaced, and a good version is promoted', async () => {
    const calls = await tryEveryCall(() => new CrashStory());
    expect(calls, 'calls in one rollout').to.be.greaterThan(60);
  });

  it('is replaced, and a version that fails at half of the traffic is taken back', async () => {
    const stories: CrashStory[] = [];
    await tryEveryCall(() => {
      const story = new CrashStory(5_000);
      stories.push(story);
      return story;
    });
    for (const { record, mesh } of stories) {
      expect([record?.state.phase, record?.state.reason, mesh.green]).to.deep.equal(['Reverted', 'SignalFailed', 0]);
      expect(
        mesh.accepted.every(({ green }) => green < 10_000),
        'nobody raised a failing canary',
      ).to.equal(true);
    }
  });

  it('is replaced four times in a row, wherever each of them died', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, run) => {
        const fuses = [7, 11, 13, 17].map((prime, i) => new Fuse(1 + ((run * prime) % 29), (run + i) % 2 ? 'before' : 'after'));
        return survive(new CrashStory(run % 2 ? 5_000 : undefined), fuses, `four lives, run ${run}`);
      }),
    );
  });
}).timeout(120_000);
