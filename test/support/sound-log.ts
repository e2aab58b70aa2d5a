import { expect } from 'chai';
import type { LogEntry } from '../../src/core/history.js';
import type { Shell } from './shell.js';

/** A log entry as `history -o json` prints it: weights in percent by subset. */
export interface Logged extends Pick<LogEntry, 'seq' | 'phase' | 'step' | 'driver' | 'indexAfter'> {
  readonly asked: Readonly<Record<string, number>>;
}

/** The decision log of the service's last rollout, which must be whole (each record from the first to `last` once) and sound: no weight entered twice, none that falls but to 0 by a revert. */
export async function expectSoundLog(shell: Shell, service: string, last: number): Promise<readonly Logged[]> {
  const { rollouts } = await shell.json(`history ${service}`);
  const entries = rollouts[0].entries as readonly Logged[];
  const expected = Array.from({ length: last }, (_, i) => i + 1);
  expect(
    entries.map(({ seq }) => seq),
    `${service}: every record is logged`,
  ).to.deep.equal(expected);
  const advancing = entries.filter(({ phase }) => phase !== 'Reverting' && phase !== 'Reverted');
  const entered: number[] = [];
  for (const [i, entry] of advancing.entries()) {
    const [before, canary] = [advancing[i - 1], canaryOf(entry)];
    if (before !== undefined) {
      expect(canary, `${service}: canary at ${entry.seq}`).to.be.at.least(canaryOf(before));
      expect(entry.step, `${service}: step at ${entry.seq}`).to.be.at.least(before.step);
    }
    if (before === undefined || canary !== canaryOf(before)) entered.push(canary);
  }
  expect(entered, `${service}: each weight once`).to.deep.equal([...new Set(entered)]);
  for (const entry of entries)
    if (entry.phase === 'Reverting' || entry.phase === 'Reverted') expect(canaryOf(entry), `${service}: reverted`).to.equal(0);
  return entries;
}

function canaryOf({ asked }: Logged): number {
  return asked.green ?? 0;
}
