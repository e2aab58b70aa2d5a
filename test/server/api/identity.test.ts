import { expect } from 'chai';
import type { Caller } from '../../../src/server/api/desk.js';
import { Identity } from '../../../src/server/api/identity.js';

const MINUTE = 60_000;

describe('whose a token is', () => {
  let now = 0;
  let asked: string[] = [];
  let good = new Set<string>();
  const start = (): Identity =>
    new Identity(
      async (token): Promise<Caller> => {
        asked.push(token);
        return good.has(token) ? { kind: 'known', name: token, accessor: 'a' } : { kind: 'unknown-token', why: 'never heard' };
      },
      () => now,
    );
  const kindOf = async (identity: Identity, token: string): Promise<string> => (await identity.whoIs(token, '10.0.0.1')).kind;
  /** Twenty-one wrong tokens: the address is over its limit. */
  const guess = async (identity: Identity): Promise<void> => {
    for (let i = 0; i <= 20; i++) await identity.whoIs(`guess-${now}-${i}`, '10.0.0.1');
  };
  beforeEach(() => {
    now = 0;
    asked = [];
    good = new Set(['dana', 'eli']);
  });

  it('is still asked of Consul for one that was good, whatever else comes from its address', async () => {
    const identity = start();
    expect(await kindOf(identity, 'dana')).to.equal('known');
    now = 30 * MINUTE;
    await guess(identity);
    expect([await kindOf(identity, 'dana'), await kindOf(identity, 'eli')]).to.deep.equal(['known', 'limited']);
    expect(asked.filter((token) => token === 'dana')).to.have.length(2);
  });

  it('is not asked of one that was good an hour ago, nor of one that is good no more', async () => {
    const identity = start();
    await kindOf(identity, 'dana');
    now = 60 * MINUTE;
    await guess(identity);
    expect(await kindOf(identity, 'dana')).to.equal('limited');
    now += 2 * MINUTE;
    await kindOf(identity, 'eli');
    good.delete('eli');
    now += MINUTE;
    await guess(identity);
    expect(await kindOf(identity, 'eli')).to.equal('unknown-token');
    now += 20_000;
    await guess(identity);
    expect(await kindOf(identity, 'eli')).to.equal('limited');
  });

  it('forgets the oldest of many that were good', async () => {
    const identity = start();
    for (let i = 0; i <= 500; i++) good.add(`person-${i}`);
    for (let i = 0; i <= 500; i++) await kindOf(identity, `person-${i}`);
    now = MINUTE;
    await guess(identity);
    expect([await kindOf(identity, 'person-0'), await kindOf(identity, 'person-1')]).to.deep.equal(['limited', 'known']);
  });
});
