import { expect } from 'chai';
import fc from 'fast-check';
import { parseJsonPath, valueAt } from '../../src/core/json-path.js';

describe('a path in JSON', () => {
  const cases: readonly [string, readonly string[] | undefined][] = [
    ['$.data.value', ['data', 'value']],
    ['data.0.value', ['data', '0', 'value']],
    ["$.a[0]['b.c'].d", ['a', '0', 'b.c', 'd']],
    ['$[0]["x y"]', ['0', 'x y']],
    ['$', []],
    ['', undefined],
    ['$.', undefined],
    ['a..b', undefined],
    ['a[b]', undefined],
    ['a[', undefined],
  ];
  for (const [text, keys] of cases) {
    it(`${JSON.stringify(text)} is ${keys === undefined ? 'none' : JSON.stringify(keys)}`, () => {
      expect(parseJsonPath(text)).to.deep.equal(keys);
    });
  }

  it('finds what stands there, and nothing that is inherited', () => {
    expect(valueAt({ a: [{ b: 0 }] }, ['a', '0', 'b'])).to.equal(0);
    for (const path of ['a.1.b', 'a.length.x', 'constructor', '__proto__', 'b.c', 'a.0.b.c']) {
      expect(valueAt({ a: [{ b: 0 }], b: null }, parseJsonPath(path)!), path).to.equal(undefined);
    }
  });

  it('finds any value by the way to it', () => {
    const key = fc.stringMatching(/^[a-z_ -]{1,5}$/);
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), fc.integer(), (keys, value) => {
        const json = keys.reduceRight<unknown>((inner, one) => ({ [one]: inner }), value);
        expect(valueAt(json, parseJsonPath(keys.join('.'))!)).to.equal(value);
      }),
    );
  });
});
