import { expect } from 'chai';
import { shareCatalog } from '../../src/signals/shared-catalog.js';

/** A shared reader over one that is answered by hand, at a time set by hand. */
function share() {
  const asked: {
    readonly path: string;
    resolve(answer: unknown): void;
    reject(error: Error): void;
    readonly abort: AbortSignal;
  }[] = [];
  const at = { now: 0 };
  const reader = shareCatalog(
    { get: (path, _, abort) => new Promise((resolve, reject) => asked.push({ path, resolve, reject, abort })) },
    () => at.now,
  );
  return { asked, at, get: (path: string, query = {}, abort = new AbortController()) => reader.get(path, query, abort.signal) };
}

const failure = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'none',
    ({ message }: Error) => message,
  );

describe('a catalog that is shared', () => {
  it('asks once for all who want the same within five seconds, and again after', async () => {
    const { asked, at, get } = share();
    const both = Promise.all([get('/v1/a'), get('/v1/a')]);
    asked[0]!.resolve('one');
    expect(await both).to.deep.equal(['one', 'one']);
    at.now = 4_999;
    expect([await get('/v1/a'), asked.length]).to.deep.equal(['one', 1]);
    at.now = 5_000;
    void get('/v1/a');
    expect(asked).to.have.length(2);
  });

  it('keeps apart what differs in path or query', () => {
    const { asked, get } = share();
    void get('/v1/a');
    void get('/v1/b');
    void get('/v1/a', { ns: 'x' });
    expect(asked).to.have.length(3);
  });

  it('a failure is shared for a second, so that many do not storm a Consul in trouble', async () => {
    const { asked, at, get } = share();
    const first = failure(get('/v1/a'));
    at.now = 3_000;
    asked[0]!.reject(new Error('no leader'));
    expect(await first).to.equal('no leader');
    at.now = 3_999;
    expect([await failure(get('/v1/a')), asked.length]).to.deep.equal(['no leader', 1]);
    at.now = 4_000;
    void get('/v1/a');
    expect(asked).to.have.length(2);
  });

  it('nobody aborts what others wait for', async () => {
    const { asked, get } = share();
    const own = new AbortController();
    void get('/v1/a', {}, own);
    const other = get('/v1/a');
    own.abort();
    expect(asked[0]!.abort.aborted).to.equal(false);
    asked[0]!.resolve('one');
    expect(await other).to.equal('one');
  });
});
