import { setImmediate as breathe } from 'node:timers/promises';

/** Preloaded into a child (`node --expose-gc --import`): at SIGUSR2 it collects all garbage and says on stderr how much is left, in bytes. */
process.on('SIGUSR2', async () => {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await breathe();
  }
  process.stderr.write(`heap-probe ${process.memoryUsage().heapUsed}\n`);
});
