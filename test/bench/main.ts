import { bench as callers } from './callers.js';
import { bench as cli } from './cli.js';
import { bench as judgement } from './judgement.js';
import { bench as revert } from './revert.js';
import { bench as scale } from './scale.js';

/** A bench: its name, and a run that reports lines for people and gives one JSON document. */
export interface Bench {
  readonly name: string;
  run(report: (line: string) => void): Promise<unknown>;
}

const BENCHES: readonly Bench[] = [callers, cli, judgement, revert, scale];

const [name, ...flags] = process.argv.slice(2);
const json = flags.includes('json');
const wanted = BENCHES.find((bench) => bench.name === name);
if (wanted === undefined) {
  process.stderr.write(`npm run bench -- NAME [-o json]; NAME is one of: ${BENCHES.map((bench) => bench.name).join(', ')}\n`);
  process.exitCode = 1;
} else {
  const document = await wanted.run((line) => (json ? process.stderr : process.stdout).write(`${line}\n`));
  if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
