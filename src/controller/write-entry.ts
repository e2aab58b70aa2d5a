import type { EntryWrite } from '../core/entries.js';
import { isStoredAs } from '../core/stored-as.js';
import type { Mesh } from '../ports.js';

/** What became of a write. `lost`: somebody was faster. `doubtful`: its answer was lost, and somebody has changed the entry since, perhaps after it. Look and decide again. */
export type Wrote = 'written' | 'lost' | 'doubtful';

/** How a write is made. `timeout` (ms): it is given up then, whether it was applied or not. `settles: false`: a lost answer is thrown at once, for whoever looks at what is stored before it decides again anyway. */
export interface WriteOptions {
  readonly timeout?: number | undefined;
  readonly settles?: boolean;
}

const SENDS = 3;

/**
 * The one way to change a config entry: by compare-and-set. Where the answer is lost, what is stored tells; a write that was not applied is sent
 * again, which the same index makes safe: of the two only one can win. Throws what the mesh throws, the loss too where nothing can be read after it.
 */
export async function writeEntry(
  mesh: Pick<Mesh, 'write' | 'readEntry'>,
  write: EntryWrite,
  { timeout, settles = true }: WriteOptions = {},
): Promise<Wrote> {
  let doubt: unknown;
  for (let sent = 1; ; sent++) {
    try {
      const result = await mesh.write(write, timeout);
      if (result === 'written' || doubt === undefined) return result;
    } catch (error) {
      if (!settles || !isLostAnswer(error)) throw error;
      doubt = error;
    }
    const stored = await mesh.readEntry(write.kind, write.name).catch(() => {
      throw doubt;
    });
    if (isStoredAs(write, stored.entry)) return 'written';
    if ((stored.entry?.modifyIndex ?? 0) !== write.cas) return 'doubtful';
    if (sent === SENDS) throw doubt;
  }
}

function isLostAnswer(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'unknown-outcome';
}
