import { createContext, type GlobalFlags } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';

/** Longer than this, and a person has typed on. */
const PATIENCE = 1_000;
/** What a shell may be given: nothing that it would expand. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `splitter __complete services`: names of live services, one a line, for completion scripts. Whatever goes wrong, it prints nothing and no error. */
export async function complete(what: string, flags: GlobalFlags, io: CommandIo): Promise<ExitCode> {
  if (what !== 'services') return EXIT.done;
  try {
    const { client } = createContext(flags, io);
    const abort = AbortSignal.timeout(PATIENCE);
    const { body } = await client.call({
      method: 'GET',
      path: '/catalog/services',
      what: 'listing services',
      timeout: PATIENCE,
      abort,
    });
    const names = Object.keys(typeof body === 'object' && body !== null ? body : {});
    const services = names.filter((name) => PLAIN_NAME.test(name) && name !== 'consul' && !name.endsWith('-sidecar-proxy'));
    io.out(
      services
        .sort()
        .map((name) => `${name}\n`)
        .join(''),
    );
  } catch {
    // A prompt is no place for an error.
  }
  return EXIT.done;
}
