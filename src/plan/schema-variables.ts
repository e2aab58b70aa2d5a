import { z } from 'zod';
import { ARROW } from './leaf.js';
import { VARIABLE_NAME } from './template.js';

const name = z.string().regex(VARIABLE_NAME, {
  error: `is no name of a variable${ARROW}use 1 to 63 letters, digits or _, without a digit in front`,
});

const variable = z
  .strictObject({
    default: z
      .union([z.string(), z.number(), z.boolean()], { error: `is no plain value${ARROW}write a text, a number, true or false` })
      .optional()
      .describe('The value where none is given; without it one has to be given'),
    description: z.string().optional().describe('What it is for'),
  })
  .meta({ title: 'Variable', description: 'A value that is given when the plan is read; never a secret' });

/** The variables of a plan by name. Their values are in their places before the rest of the schema is asked. */
export const variablesSchema = z
  .record(name, variable)
  .default({})
  .describe(
    'Values that are given when the plan is read: by --var name=value, SPLITTER_VAR_name, a file, or else the default; ${var.name} stands for one anywhere',
  );
