import { z } from 'zod';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { ARROW, duration } from './leaf.js';

const timeout = duration()
  .default(formatDuration(DEFAULTS.programTimeout))
  .describe('It is ended when it takes longer, and has failed');

/** A program and its arguments. */
export const commandSchema = z
  .array(z.string().min(1, { error: `is empty${ARROW}write the program and its arguments, each as a text of its own` }), {
    error: `is no list${ARROW}write the program and its arguments as a list, like [./smoke.sh, green]; there is no shell`,
  })
  .min(1, { error: `is empty${ARROW}write the program and its arguments, like [./smoke.sh, green]` })
  .describe('Program and arguments, started without a shell; it gets SPLITTER_* variables');
const url = z.string().describe('Address of an HTTP call; any 2xx is a success');
const method = z.enum(['GET', 'POST', 'PUT']).optional().describe('Method of the call; default POST, with the variables as JSON');

/** The keys of everything that runs something of the user's: `command` or `url`, exactly one of them. */
export const PROGRAM_KEYS = { command: commandSchema.optional(), url: url.optional(), method, timeout } as const;

const program = (what: string) =>
  z
    .union([z.strictObject(PROGRAM_KEYS), commandSchema], {
      error: `is no program${ARROW}write [./program, argument], { command: [./program, argument], timeout: 30s } or { url: http://… }`,
    })
    .describe(what);

/** A `run` step. */
export const runSchema = z
  .strictObject({
    ...PROGRAM_KEYS,
    on_failure: z.enum(['revert', 'hold']).default('revert').describe('What a failing program does to the rollout'),
    deploys: z
      .boolean()
      .default(false)
      .describe("It brings canary's first instance: a rollout with a route begins before there is one, and testers wait for it"),
  })
  .describe('Runs a program (or makes an HTTP call) and goes on when it passes');

/** A check of one's own, before anything is written. */
export const checkSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: `is no name of a check${ARROW}use 1 to 63 letters, digits, - or _` })
      .describe('Name of the check, unique in the plan'),
    ...PROGRAM_KEYS,
  })
  .meta({
    title: 'Check',
    description: 'A program that must pass before a rollout may start; --force skips it, and that is recorded',
  });

/** The hooks of a plan, by where they run. */
export const hooksSchema = z
  .strictObject({
    before_start: program('Before canary gets anything; a failure holds').optional(),
    before_step: program('Before each step; a failure holds').optional(),
    after_step: program('After each step; a failure is reported').optional(),
    before_promote: program('When the bake is over, before canary becomes stable; a failure holds').optional(),
    after_promote: program('When canary is stable; a failure is reported').optional(),
    after_revert: program('When traffic is back on stable; a failure is reported').optional(),
  })
  .describe('Programs of your own around the rollout; each has to bear being run twice, since a crash may repeat it');
