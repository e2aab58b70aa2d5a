import { expect } from 'chai';
import fc from 'fast-check';
import { readCsv } from '../../src/signals/csv.js';

describe('CSV', () => {
  it('is read cell by cell, whatever stands in them', () => {
    const cell = fc.oneof(fc.string(), fc.constantFrom('a,b', 'say "no"', 'two\nlines', '\r\n', ''));
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (table, end) => {
        const text = table.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',') + end).join('');
        expect(readCsv(text).slice(0, table.length)).to.deep.equal(table);
      }),
    );
  });

  it('takes a blank line as a row of one empty cell', () => {
    expect(readCsv('a,b\r\n\r\n,1').slice(0, 3)).to.deep.equal([['a', 'b'], [''], ['', '1']]);
  });
});
