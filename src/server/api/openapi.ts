import { z } from 'zod';
import { OPERATIONS, type Operation } from './operations.js';
import { PROBLEMS } from './problem.js';
import { problemSchema } from './schemas.js';

type Json = Readonly<Record<string, unknown>>;

const TOKEN = {
  name: 'X-Consul-Token',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: "The caller's own Consul token: actions are written with it, so Consul's ACLs decide",
};
const SERVICE = { name: 'service', in: 'path', required: true, schema: { type: 'string' }, description: 'Name of the service' };
const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  schema: { type: 'string' },
  description: 'The ModifyIndex that the caller saw, in quotes, as in ETag; * for any',
};
const IF_NONE_MATCH = { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } };
const LAST_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'The id of the last event that was read: those after it are told again',
};

/** The API as an OpenAPI 3.1 document, made of the schemas that the server checks by. */
export function openapi(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'splitter',
      version: '1',
      description:
        'Rollouts on a Consul mesh, as a controller (`splitter run`) sees them. Unknown fields are to be ignored; there may be more.',
    },
    paths,
    components: { schemas: { Problem: schemaOf(problemSchema) } },
  };
}

function describe({ id, summary, path, query, body, answer, guarded, tagged, problems }: Operation): Json {
  const parameters = [
    ...(path.includes('{service}') ? [SERVICE] : []),
    ...(query === undefined ? [] : queryParameters(query)),
    ...(guarded === true ? [IF_MATCH] : []),
    ...(tagged === true ? [IF_NONE_MATCH] : []),
    ...(answer === undefined ? [LAST_ID] : []),
    TOKEN,
  ];
  return {
    operationId: id,
    summary,
    parameters,
    ...(body === undefined
      ? {}
      : { requestBody: { required: false, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      200: {
        description: 'Done',
        content: answer === undefined ? { 'text/event-stream': {} } : { 'application/json': { schema: schemaOf(answer) } },
      },
      ...(tagged === true ? { 304: { description: 'Nothing has changed' } } : {}),
      ...problemAnswers(problems),
    },
  };
}

function problemAnswers(ids: Operation['problems']): Json {
  const statuses = [...new Set(ids.map((id) => PROBLEMS[id][0]))].sort();
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const titled = (status: number): string =>
    ids
      .filter((id) => PROBLEMS[id][0] === status)
      .map((id) => PROBLEMS[id][1])
      .join('; ');
  return Object.fromEntries(statuses.map((status) => [status, { description: titled(status), content }]));
}

function queryParameters(query: z.ZodObject): readonly Json[] {
  const { properties = {} } = schemaOf(query, 'input') as { readonly properties?: Readonly<Record<string, Json>> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    schema,
    description,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    // An answer may get further fields some day.
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }) as Json;
  return rest;
}
