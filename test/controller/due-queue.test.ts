import { expect } from 'chai';
import fc from 'fast-check';
import { DueQueue } from '../../src/controller/due-queue.js';

type Act =
  | { readonly do: 'set' | 'bring'; readonly key: string; readonly at: number }
  | { readonly do: 'take'; readonly now: number }
  | { readonly do: 'remove'; readonly key: string };

const key = fc.constantFrom(...'abcdefghijklmnop');
const at = fc.nat(50);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'bring' as const), key, at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), now: at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
);

describe('the queue of due times', () => {
  it('does what a sorted list does', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const queue = new DueQueue();
        const model = new Map<string, number>();
        const first = (): number | undefined => (model.size === 0 ? undefined : Math.min(...model.values()));
        for (const one of acts) {
          if (one.do === 'take') {
            const due = first();
            const taken = queue.take(one.now);
            expect(taken?.at).to.equal(due !== undefined && due <= one.now ? due : undefined);
            if (taken === undefined) continue;
            expect(model.get(taken.key)).to.equal(taken.at);
            model.delete(taken.key);
          } else if (one.do === 'remove') {
            queue.remove(one.key);
            model.delete(one.key);
          } else {
            queue[one.do](one.key, one.at);
            const known = model.get(one.key);
            model.set(one.key, one.do === 'bring' && known !== undefined ? Math.min(known, one.at) : one.at);
          }
          expect([queue.size, queue.next]).to.deep.equal([model.size, first()]);
        }
        const rest: number[] = [];
        for (let due = queue.take(50); due !== undefined; due = queue.take(50)) rest.push(due.at);
        expect(rest).to.deep.equal([...model.values()].sort((a, b) => a - b));
      }),
    );
  });
});
