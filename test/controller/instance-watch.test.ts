import { setMaxListeners } from 'node:events';
import { expect } from 'chai';
import { InstanceWatch } from '../../src/controller/instance-watch.js';
import { until } from '../support/shell.js';

interface Ask {
  readonly service: string;
  readonly index: number;
  readonly wait: string | undefined;
  answer(next: number | Error): void;
}

/** A watch of services whose queries are answered by hand; ends with `stop`. */
function startWatch(services: readonly string[]) {
  const [open, asked, changed, stop]: [Set<Ask>, Ask[], string[], AbortController] = [new Set(), [], [], new AbortController()];
  // As its controller does: each query that is open listens.
  setMaxListeners(0, stop.signal);
  let most = 0;
  const watchInstances = (service: string, index: number, abort: AbortSignal, wait?: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const ask: Ask = {
        service,
        index,
        wait,
        answer: (next) => {
          open.delete(ask);
          if (next instanceof Error) reject(next);
          else resolve(next);
        },
      };
      expect(
        [...open].map((one) => one.service),
        'one query of a service at a time',
      ).to.not.include(service);
      open.add(ask);
      asked.push(ask);
      most = Math.max(most, open.size);
      abort.addEventListener('abort', () => ask.answer(new Error('aborted')));
    });
  const watch = new InstanceWatch({ watchInstances }, (service) => changed.push(service));
  for (const service of services) watch.add(service);
  const running = watch.run(stop.signal);
  return {
    watch,
    asked,
    changed,
    open: () => [...open],
    most: () => most,
    of: (service: string) => asked.filter((ask) => ask.service === service),
    stop: () => {
      stop.abort();
      return running;
    },
  };
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `s${i}`);

describe('watching the instances of many services', () => {
  it('where they fit each has a query of its own; a change is told, an answer without one is not', async () => {
    const run = startWatch(names(5));
    await until('all are asked', () => run.open().length === 5);
    expect(new Set(run.asked.map(({ index, wait }) => `${index} ${wait}`))).to.deep.equal(new Set(['1 30s']));
    run.of('s2')[0]!.answer(40);
    await until('it is asked again', () => run.of('s2').length === 2);
    expect([run.of('s2')[1]!.index, run.changed]).to.deep.equal([40, ['s2']]);
    run.of('s2')[1]!.answer(40);
    await until('it is asked again', () => run.of('s2').length === 3);
    expect(run.changed).to.deep.equal(['s2']);
    await run.stop();
  });

  it('an index that goes back is a change, and is begun anew at 1', async () => {
    const run = startWatch(['a']);
    await until('it is asked', () => run.asked.length === 1);
    run.asked[0]!.answer(40);
    await until('it is asked again', () => run.asked.length === 2);
    run.asked[1]!.answer(3);
    await until('it is asked again', () => run.asked.length === 3);
    expect([run.asked[2]!.index, run.changed]).to.deep.equal([1, ['a', 'a']]);
    await run.stop();
  });

  it('where they do not fit, eight are open at once, for a second each, and every one gets its turn', async () => {
    const services = names(30);
    const run = startWatch(services);
    for (let round = 1; run.asked.length < 120; round++) {
      await until(`round ${round}`, () => run.open().length === 8);
      for (const ask of run.open()) ask.answer(ask.index);
    }
    expect(run.most()).to.equal(8);
    expect(new Set(run.asked.map(({ wait }) => wait))).to.deep.equal(new Set(['1s']));
    const turns = services.map((service) => run.of(service).length);
    expect([Math.min(...turns) >= 3, Math.max(...turns) - Math.min(...turns) <= 1]).to.deep.equal([true, true]);
    await run.stop();
  });

  it('newcomers that fit no more do not wait for the long queries of those before them', async () => {
    const run = startWatch(names(8));
    await until('all are asked', () => run.open().length === 8);
    run.watch.add('newcomer');
    await until('the newcomer has its turn', () => {
      for (const ask of run.open()) if (ask.wait === '1s') ask.answer(ask.index);
      return run.of('newcomer').length > 0;
    });
    expect(run.of('newcomer')[0]!.wait).to.equal('1s');
    expect(run.open().filter(({ wait }) => wait === '30s')).to.deep.equal([]);
    await run.stop();
  });

  it('one that is waited for gets the next slot, before all that came earlier', async () => {
    const run = startWatch(names(30));
    await until('eight are asked', () => run.open().length === 8);
    run.watch.urge('s29');
    run.open()[0]!.answer(7);
    await until('the ninth is asked', () => run.asked.length === 9, 5_000);
    expect(run.asked[8]!.service).to.equal('s29');
    await run.stop();
  });

  it('one that is removed is asked about no more, and its last answer is told to nobody', async () => {
    const run = startWatch(['a', 'b']);
    await until('both are asked', () => run.open().length === 2);
    run.watch.remove('a');
    run.of('a')[0]!.answer(9);
    run.of('b')[0]!.answer(9);
    await until('the other is asked again', () => run.of('b').length === 2);
    expect([run.of('a').length, run.changed]).to.deep.equal([1, ['b']]);
    await run.stop();
  });

  it('a failure is no change; the service is asked about again', async () => {
    const run = startWatch(['a']);
    await until('it is asked', () => run.asked.length === 1);
    run.asked[0]!.answer(new Error('no leader'));
    await until('it is asked again', () => run.asked.length === 2);
    expect(run.changed).to.deep.equal([]);
    await run.stop();
  });
});
