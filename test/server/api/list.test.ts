import { expect } from 'chai';
import fc from 'fast-check';
import { ATTENTION } from '../../../src/server/api/kinds.js';
import { type ListRequest, pageOf, readToken } from '../../../src/server/api/list.js';
import type { RolloutRow } from '../../../src/server/api/schemas.js';

const row = (service: string, attention: RolloutRow['attention'], at = 0): RolloutRow =>
  ({ service, attention, phase: 'Paused', updatedAt: new Date(at).toISOString() }) as unknown as RolloutRow;
const request: ListRequest = { prefix: '', sort: 'attention', perPage: 50 };

describe('pages of rollouts', () => {
  const rows = [row('d', 'idle'), row('a', 'idle', 9), row('b', 'person', 5), row('c', 'reverted', 7)];
  const names = (change: Partial<ListRequest>): string =>
    pageOf(rows, { ...request, ...change })
      .items.map(({ service }) => service)
      .join('');

  it('come by need of attention, by name, or the newest first', () => {
    expect(names({})).to.equal('bcad');
    expect(names({ sort: 'name' })).to.equal('abcd');
    expect(names({ sort: 'updated' })).to.equal('acbd');
  });

  it('are filtered; the counters tell what the filter on attention leaves out', () => {
    const page = pageOf(rows, { ...request, attention: new Set(['idle']) });
    expect(page.items.map(({ service }) => service)).to.deep.equal(['a', 'd']);
    expect(page.counts).to.deep.equal({ all: 4, person: 1, reverted: 1, no_data: 0, progressing: 0, baking: 0, idle: 2 });
    expect(names({ prefix: 'c' })).to.equal('c');
    expect(names({ phases: new Set(['Baking']) })).to.equal('');
  });

  it('show every row once, however small they are and whatever comes in between', () => {
    const some = fc.uniqueArray(fc.record({ service: fc.string({ minLength: 1 }), attention: fc.constantFrom(...ATTENTION) }), {
      selector: ({ service }) => service,
    });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 5 }), fc.constantFrom('attention', 'name', 'updated'), (all, perPage, sort) => {
        const list = all.map(({ service, attention }) => row(service, attention));
        const seen: string[] = [];
        let token: string | null = null;
        do {
          const after = token === null ? undefined : readToken(token);
          const page = pageOf([...list, row(`new${seen.length}`, 'idle')], {
            ...request,
            sort: sort as ListRequest['sort'],
            perPage,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...page.items.map(({ service }) => service));
          token = page.next_token;
        } while (token !== null && seen.length < 1_000);
        for (const { service } of list) expect(seen.filter((one) => one === service)).to.have.length(1);
      }),
    );
  });

  it('take no token but their own', () => {
    for (const token of ['', 'zzz', Buffer.from('{}').toString('base64url'), Buffer.from('[1]').toString('base64url')])
      expect(readToken(token)).to.equal(undefined);
  });
});
