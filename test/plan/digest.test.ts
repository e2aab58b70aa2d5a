import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson, digestPlan } from '../../src/plan/digest.js';
import { readPlan } from '../../src/plan/read.js';
import { yamlPlan } from './spell.js';

describe('canonicalJson', () => {
  it('sorts the keys at every depth, keeps the order of lists and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }, 2], a: null })).to.equal('{"a":null,"b":[{"d":1},2]}');
  });

  it('gives equal values equal text, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        expect(canonicalJson(reversed)).to.equal(canonicalJson(record));
        expect(JSON.parse(canonicalJson(record))).to.deep.equal(JSON.parse(JSON.stringify(record)));
      }),
    );
  });
});

describe('digestPlan', () => {
  it('is the sha256 of the canonical text, and moves with the plan only', async () => {
    const read = async (more: string) => (await readPlan(yamlPlan({ more }), 'p.yaml')).plans[0]!;
    const [plain, commented, longer] = [await read(''), await read('# words\nbake: 10000ms'), await read('bake: 11s')];
    expect(digestPlan(plain.plan)).to.equal(plain.digest);
    expect(plain.digest).to.equal(createHash('sha256').update(plain.canonical).digest('hex'));
    expect(commented.digest).to.equal(plain.digest);
    expect(longer.digest).to.not.equal(plain.digest);
  });
});
