import { expect } from 'chai';
import { follow } from '../../src/controller/follow.js';

/** Follows a query that answers so, one after the other; gives the indexes that were asked with. An error is thrown. */
async function asked(answers: readonly (number | Error)[]): Promise<{ indexes: readonly number[]; troubles: readonly string[] }> {
  const [indexes, troubles, stop]: [number[], string[], AbortController] = [[], [], new AbortController()];
  await follow(
    async (index) => {
      indexes.push(index);
      const answer = answers[indexes.length - 1];
      if (indexes.length >= answers.length) stop.abort();
      if (answer instanceof Error) throw answer;
      return answer ?? 0;
    },
    stop.signal,
    { onTrouble: ({ message }) => troubles.push(message) },
  );
  return { indexes, troubles };
}

describe('following a blocking query', () => {
  const TABLE: readonly (readonly [name: string, answers: readonly (number | Error)[], indexes: readonly number[]])[] = [
    ['begins at 1 and goes on from each answer', [7, 9, 9, 12], [1, 7, 9, 9]],
    ['starts over when the index goes back', [7, 3, 4], [1, 7, 1]],
    ['never asks with 0', [0, 0, 5], [1, 1, 1]],
    ['starts over after a failure', [7, new Error('no leader'), 8], [1, 7, 1]],
  ];
  for (const [name, answers, indexes] of TABLE)
    it(name, async () => expect((await asked(answers)).indexes).to.deep.equal(indexes));

  it('tells each failure, but not the one that its own end makes', async () => {
    expect((await asked([new Error('one'), new Error('two'), 3])).troubles).to.deep.equal(['one', 'two']);
    expect((await asked([new Error('at the end')])).troubles).to.deep.equal([]);
  });

  it('ends at once while it waits for the next try', async () => {
    const stop = new AbortController();
    const following = follow(
      async () => {
        throw new Error('no');
      },
      stop.signal,
      { onTrouble: () => setImmediate(() => stop.abort()), pace: () => 3_600_000 },
    );
    await following;
  });

  it('keeps its pace between two reads', async () => {
    const stop = new AbortController();
    let reads = 0;
    const following = follow(async (index) => index + ++reads, stop.signal, { pace: () => 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort();
    await following;
    expect(reads).to.equal(1);
  });
});
