import { expect } from 'chai';
import { fillPlaceholders, findPlaceholders } from '../../src/core/placeholders.js';

const TARGET = { service: "pay'ments", stable: 'blue', canary: 'green' };

describe('placeholders of a query', () => {
  it('are filled in, each value escaped, and other braces stay', () => {
    const quote = (value: string) => value.replace("'", "\\'");
    expect(fillPlaceholders('{{service}} {{ canary }} {{stable}} {x} {{ }} {{other}}', TARGET, quote)).to.equal(
      "pay\\'ments green blue {x} {{ }} {{other}}",
    );
  });

  it('are about the subset that is asked for, where there is one', () => {
    expect(fillPlaceholders('{{subset}}', TARGET)).to.equal('{{subset}}');
    expect(fillPlaceholders('{{subset}} {{canary}}', { ...TARGET, subset: 'blue' })).to.equal('blue green');
  });

  it('name the version of a subset where it is picked by one', () => {
    const target = { ...TARGET, versions: { green: '3' } };
    expect(fillPlaceholders('{{canary_version}} {{stable_version}}', target)).to.equal('3 {{stable_version}}');
    expect(fillPlaceholders('{{subset_version}}', { ...target, subset: 'green' })).to.equal('3');
    expect(fillPlaceholders('{{subset_version}}', target)).to.equal('{{subset_version}}');
  });

  it('are told with their place, and whether they mean anything', () => {
    expect(findPlaceholders('{{canary}} {{node}} {{toString}} {x} {{ subset }}')).to.deep.equal([
      { word: 'canary', offset: 0, known: true },
      { word: 'node', offset: 11, known: false },
      { word: 'toString', offset: 20, known: false },
      { word: 'subset', offset: 37, known: true },
    ]);
  });
});
