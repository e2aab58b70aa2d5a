import { EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';

/** `splitter schema`: the plan's JSON Schema, for editors. */
export async function schema(io: Io): Promise<ExitCode> {
  const { planJsonSchema } = await import('../plan/json-schema.js');
  printJson(io, planJsonSchema());
  return EXIT.done;
}
