import { expect } from 'chai';
import fc from 'fast-check';
import { readEntryTrees } from '../../src/plan/entry-trees.js';
import { toValue } from '../../src/plan/node.js';
import { printEntry } from '../../src/plan/print-entry.js';
import { quoteHcl } from '../../src/plan/print-hcl.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the texts that could be taken for templates
const KEY = fc
  .oneof(fc.constantFrom('Filter', 'blue', 'x-y', '1a', 'a b', 'a.b', '${a}'), fc.string({ minLength: 1 }))
  .filter((key) => key !== '__proto__');
const LEAF = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom('${x}', '%{if}', '"', '\\', '\n', 'Service.Meta.version == "2"'),
);
const VALUE = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    LEAF,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(KEY, tie('value'), { maxKeys: 3 }),
  ),
})).value;

describe('config entries as HCL', () => {
  it('are read back as they were, whatever stands in them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('Meta', 'Subsets', 'Splits', 'Failover', 'Redirect'), VALUE),
        async (fields) => {
          const entry = { Kind: 'service-resolver', Name: 'payments', ...fields };
          const { roots, problems } = await readEntryTrees(printEntry(entry), 'e.hcl');
          expect(problems).to.deep.equal([]);
          expect(toValue(roots[0]!, () => false)).to.deep.equal({ ...entry });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('begin with kind and name, leave out what has no value, and quote only keys that need it', () => {
    const entry = {
      Subsets: { blue: { Filter: 'a == "b"' }, 'g-2': {} },
      Name: 'payments',
      Kind: 'service-resolver',
      Redirect: null,
    };
    expect(printEntry(entry)).to.equal(
      [
        'Kind = "service-resolver"',
        'Name = "payments"',
        'Subsets = {',
        '  blue = {',
        '    Filter = "a == \\"b\\""',
        '  }',
        '  "g-2" = {}',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('spell what would begin a template so that neither HCL 1 nor HCL 2 sees one', () => {
    expect(quoteHcl('${a} %{b} $c')).to.equal('"\\u0024{a} \\u0025{b} $c"');
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
