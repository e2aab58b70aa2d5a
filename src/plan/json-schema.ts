import { z } from 'zod';
import { planSchema } from './schema.js';

/** The plan as JSON Schema (draft 7) for editors: what may be written, defaults left out or not. */
export function planJsonSchema(): object {
  return z.toJSONSchema(planSchema, { target: 'draft-7', io: 'input' });
}
