import { join } from 'node:path';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { ROOT } from '../plan/root.js';
import { Shell, until } from '../support/shell.js';
import { Pane } from './tmux.js';

/** A screen of the program in a real terminal: its rows as text, and the same with the codes of colours. */
export interface TerminalScreen {
  readonly text: readonly string[];
  readonly styled: readonly string[];
}

const MAIN = join(ROOT, 'dist/src/main.js');
const RAMP = 'ramp payments --to 50 --by 10 --every 20s --signal errors=1% --signal latency=500ms:5%';

/** A ramp on the sandbox in a terminal of this size: under way at 20%, and when version 3 has failed and its traffic is back. */
export async function rampScreens(
  columns: number,
  rows: number,
): Promise<{ readonly under: TerminalScreen; readonly reverted: TerminalScreen }> {
  const sandbox = await startSandbox();
  const shell = new Shell(sandbox.consulAddress);
  const env = { CONSUL_HTTP_ADDR: sandbox.consulAddress, SPLITTER_BY: 'dana' };
  const pane = await Pane.open([process.execPath, MAIN, ...RAMP.split(' ')], columns, rows, env);
  const shows = (what: string, isThere: (rows: readonly string[]) => boolean): Promise<void> =>
    until(`the terminal shows ${what}`, async () => isThere(await pane.show()), 60_000);
  try {
    await shows(
      '20% asked, stored and observed, and all three signals judged',
      (text) =>
        text.some((row) => /\b20(\.0)?% +20(\.0)?% +(1[89]|2[012])\./.test(row)) &&
        text.filter((row) => row.includes('Successful')).length >= 3,
    );
    const under = await capture(pane);
    sandbox.setBehaviour('3', { errorRate: 0.3 });
    await until('it is taken back', async () => (await shell.json('status payments')).phase === 'Reverted');
    await shows('how it ended', (text) => text.some((row) => row.startsWith('Reverted payments:')));
    await shows('what to type', (text) => text.some((row) => row.trimStart().startsWith('-> splitter history')));
    return { under, reverted: await capture(pane) };
  } finally {
    await pane.close();
    await sandbox.stop();
  }
}

async function capture(pane: Pane): Promise<TerminalScreen> {
  const [styled, text] = await Promise.all([pane.show(true), pane.show()]);
  return { styled, text };
}
