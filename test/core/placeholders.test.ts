import { expect } from 'chai';
import { fillPlaceholders, unknownPlaceholders } from '../../src/core/placeholders.js';

const TARGET = { service: "pay'ments", stable: 'blue', canary: 'green' };

describe('placeholders of a query', () => {
  it('are filled in, each value escaped, and other braces stay', () => {
    const quote = (value: string) => value.replace("'", "\\'");
    expect(fillPlaceholders('{{service}} {{ canary }} {{stable}} {x} {{ }} {{other}}', TARGET, quote)).to.equal(
      "pay\\'ments green blue {x} {{ }} {{other}}",
    );
  });

  it('are told with their place where they mean nothing', () => {
    expect(unknownPlaceholders('{{canary}} {{node}} {{toString}} {x}')).to.deep.equal([
      { word: 'node', offset: 11 },
      { word: 'toString', offset: 20 },
    ]);
  });
});
