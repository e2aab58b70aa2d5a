import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { planJsonSchema } from '../../src/plan/json-schema.js';
import { ROOT } from './root.js';

type Json = { [key: string]: Json };

function undescribed(schema: Json, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    ...('description' in inner || 'const' in inner || '$ref' in inner ? [] : [`${path}.${key}`]),
    ...undescribed(inner, `${path}.${key}`),
  ]);
  const inner = [schema.items, schema.additionalProperties, ...Object.values(schema.anyOf ?? schema.oneOf ?? {})];
  return [...own, ...inner.filter((s) => typeof s === 'object').flatMap((s) => undescribed(s, `${path}[]`))];
}

describe('the JSON Schema of plans', () => {
  it('is the checked-in configs/plan.schema.json (when it is not: splitter schema > configs/plan.schema.json)', () => {
    const checkedIn = readFileSync(join(ROOT, 'configs', 'plan.schema.json'), 'utf8');
    expect(`${JSON.stringify(planJsonSchema(), null, 2)}\n`).to.equal(checkedIn);
  });

  it('is draft 7 and says of every key what it means', () => {
    const schema = planJsonSchema() as Json;
    expect(schema.$schema).to.equal('http://json-schema.org/draft-07/schema#');
    expect(undescribed(schema, 'plan')).to.deep.equal([]);
  });

  it('asks for what has no default and nothing else', () => {
    const schema = planJsonSchema() as Json;
    expect(schema.required).to.deep.equal(['steps']);
    expect(Object.values(schema.anyOf!).map(({ required }) => required)).to.deep.equal([
      ['service', 'subsets', 'steps'],
      ['group', 'services'],
    ]);
    expect(schema.additionalProperties).to.equal(false);
  });
});
