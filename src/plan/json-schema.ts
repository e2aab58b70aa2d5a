import { z } from 'zod';
import { SHARED } from './group.js';
import { allowReferences, REFERENCE_SCHEMA } from './reference-schema.js';
import { planSchema } from './schema.js';

interface Schema {
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
  readonly [key: string]: unknown;
}

/** The plan as JSON Schema (draft 7) for editors: what may be written, defaults left out or not; for one service, or for a group of them. */
export function planJsonSchema(): object {
  const plan = z.toJSONSchema(planSchema, { target: 'draft-7', io: 'input' }) as unknown as Schema;
  const { service, $schema: _, variables, ...others } = plan.properties;
  const own = Object.keys(others).filter((key) => !SHARED.includes(key) && key !== 'waves');
  const member = {
    title: 'Service of a group',
    type: 'object',
    properties: { service, ...Object.fromEntries(own.map((key) => [key, { $ref: `#/properties/${key}` }])) },
    required: ['service'],
    additionalProperties: false,
  };
  const { properties: __, ...head } = plan;
  const whole = {
    ...head,
    properties: {
      service,
      ...others,
      group: { description: 'Name of a group: its services ramp in lock step and are taken back together', type: 'string' },
      services: {
        description: 'The services of the group, in order; each takes from beside them whatever it does not say itself',
        type: 'array',
        minItems: 2,
        items: member,
      },
    },
    required: plan.required.filter((key) => key === 'steps'),
    anyOf: [
      { required: plan.required, not: { anyOf: [{ required: ['group'] }, { required: ['services'] }] } },
      { required: ['group', 'services'], not: { required: ['service'] } },
    ],
  };
  const filled = allowReferences(whole) as Schema;
  const { $schema } = plan.properties;
  return { ...filled, properties: { $schema, variables, ...filled.properties }, definitions: { reference: REFERENCE_SCHEMA } };
}
