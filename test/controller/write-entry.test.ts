import { expect } from 'chai';
import { type WriteOptions, writeEntry } from '../../src/controller/write-entry.js';
import type { Entry, EntryWrite, StoredEntry } from '../../src/core/entries.js';

/** What happens to one request: it is applied or not, and answered or not; or somebody else writes the entry before or after it. */
type Fate = 'answered' | 'lost before' | 'lost after' | 'outrun' | 'applied, lost, and changed by others' | 'refused';

const ENTRY: Entry = { Kind: 'service-splitter', Name: 'payments', Meta: { 'splitter-seq': '2' } };
const OTHER: Entry = { ...ENTRY, Meta: { 'splitter-seq': '3' } };
const WRITE: EntryWrite = { kind: 'service-splitter', name: 'payments', entry: ENTRY, cas: 5, why: 'a step' };
const LOST = Object.assign(new Error('the connection broke'), { code: 'unknown-outcome' });
const REFUSED = Object.assign(new Error('refused'), { code: 'rejected' });

/** A mesh with one entry, at index 5, whose writes meet these fates in turn. */
function meshOf(fates: readonly Fate[], readable = true) {
  let stored: StoredEntry = { entry: { ...ENTRY, Meta: { 'splitter-seq': '1' } }, modifyIndex: 5 };
  const left = [...fates];
  let sent = 0;
  const apply = (entry: Entry): boolean => {
    if (stored.modifyIndex !== WRITE.cas) return false;
    stored = { entry, modifyIndex: stored.modifyIndex + 1 };
    return true;
  };
  return {
    get sent() {
      return sent;
    },
    write: async () => {
      sent++;
      const fate = left.shift() ?? 'answered';
      if (fate === 'refused') throw REFUSED;
      if (fate === 'lost before') throw LOST;
      if (fate === 'outrun') apply(OTHER);
      const won = apply(ENTRY);
      if (fate === 'lost after') throw LOST;
      if (fate === 'applied, lost, and changed by others') {
        stored = { entry: OTHER, modifyIndex: 9 };
        throw LOST;
      }
      return won ? ('written' as const) : ('lost' as const);
    },
    readEntry: async () => {
      if (!readable) throw new Error('Consul does not answer');
      return { entry: stored, index: 9 };
    },
  };
}

const CASES: readonly (readonly [fates: readonly Fate[], wrote: string, sent: number])[] = [
  [['answered'], 'written', 1],
  [['outrun'], 'lost', 1],
  [['lost after'], 'written', 1],
  [['lost before'], 'written', 2],
  [['lost before', 'lost after'], 'written', 2],
  [['lost before', 'outrun'], 'doubtful', 2],
  [['applied, lost, and changed by others'], 'doubtful', 1],
  [['lost before', 'lost before', 'lost before'], 'the connection broke', 3],
  [['refused'], 'refused', 1],
  [['lost before', 'refused'], 'refused', 2],
];

describe('writeEntry', () => {
  for (const [fates, wrote, times] of CASES)
    it(`ends as "${wrote}" where its requests are ${fates.join(', then ')}`, async () => {
      const mesh = meshOf(fates);
      expect(await ended(mesh)).to.equal(wrote);
      expect(mesh.sent).to.equal(times);
    });

  it('tells that the answer was lost where nothing can be read after it', async () => {
    const mesh = meshOf(['lost after'], false);
    expect(await ended(mesh)).to.equal('the connection broke');
    expect(mesh.sent).to.equal(1);
  });

  it('asks nothing for whoever looks again anyway', async () => {
    const mesh = meshOf(['lost after']);
    expect(await ended(mesh, { settles: false })).to.equal('the connection broke');
    expect(mesh.sent).to.equal(1);
  });
});

function ended(mesh: Parameters<typeof writeEntry>[0], options?: WriteOptions): Promise<string> {
  return writeEntry(mesh, WRITE, options).catch((error: Error) => error.message);
}
