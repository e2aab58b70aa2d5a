import { z } from 'zod';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { ARROW, duration } from './leaf.js';

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const pair = (what: string) =>
  z.strictObject({
    name: z
      .string()
      .regex(TOKEN, { error: `is no name of a ${what}${ARROW}use letters, digits and -` })
      .describe(`Name of the ${what}`),
    value: z
      .string({ error: `is no text${ARROW}put the value in quotes` })
      .regex(/^[^\s;,"\\]+$/, { error: `is no value of a ${what}${ARROW}write it without spaces, quotes, commas and semicolons` })
      .describe('Value that it must have, exactly'),
  });

/** Who reaches canary whatever its weight, and whether users stay where they are. */
export const routeSchema = z
  .strictObject({
    header: pair('header').optional().describe('Requests with this header go to canary at any weight'),
    cookie: pair('cookie').optional().describe('Requests with this cookie go to canary at any weight'),
    sticky: z
      .union(
        [
          z.literal(true),
          z.strictObject({ for: duration().default(formatDuration(DEFAULTS.sticky)).describe('How long a user stays') }),
        ],
        {
          error: `says nothing${ARROW}write true, or { for: 30m }`,
        },
      )
      .optional()
      .describe('A cookie keeps each user on the version met first, for so long; weights then are shares of new users'),
  })
  .describe('A service-router for testers and sticky users: made before the first weight, gone at the end and after a revert');
