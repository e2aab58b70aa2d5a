import { expect } from 'chai';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { CrashStory } from '../support/crash-driver.js';
import { Meddler } from '../support/crash-fuse.js';

const AT_ONCE = 40;

/** Lets somebody type the verb after each call of a driver in turn; gives the stories in which there was something to act on. */
async function typeAtEveryCall(verb: typeof abort): Promise<readonly { readonly story: CrashStory; readonly at: number }[]> {
  const stories: { story: CrashStory; at: number }[] = [];
  for (let from = 1; ; from += AT_ONCE) {
    const points = Array.from({ length: AT_ONCE }, (_, i) => from + i);
    const calls = await Promise.all(
      points.map(async (at) => {
        const story = new CrashStory();
        const meddler = new Meddler(at, async () => {
          if (await story.type(verb)) stories.push({ story, at });
          // The driver's watch hears of it before the answer that it waits for comes.
          await new Promise((resolve) => setTimeout(resolve, 5));
        });
        await story.liveWith(meddler);
        return meddler.calls;
      }),
    );
    if (Math.max(...calls) < points.at(-1)!) return stories;
  }
}

describe('a verb typed in another terminal while the driver waits for an answer, after every call it makes', () => {
  it('abort: the driver leaves it as the last word', async () => {
    const stories = await typeAtEveryCall(abort);
    expect(stories.length).to.be.greaterThan(25);
    for (const { story, at } of stories) {
      const where = `aborted after call ${at}`;
      expect([story.record?.state.reason, story.record?.by, story.mesh.green], where).to.deep.equal(['Aborted', 'lee', 0]);
      expect(
        story.mesh.accepted.map(({ record }) => record?.seq),
        where,
      ).to.deep.equal(story.mesh.accepted.map((_, i) => i + 1));
    }
  });

  it('pause: the driver holds there', async () => {
    const stories = await typeAtEveryCall(pause);
    expect(stories.length).to.be.greaterThan(20);
    for (const { story, at } of stories)
      expect([story.record?.state.phase, story.record?.state.reason, story.record?.by], `paused after call ${at}`).to.deep.equal([
        'Paused',
        'Operator',
        'lee',
      ]);
  });
}).timeout(120_000);
