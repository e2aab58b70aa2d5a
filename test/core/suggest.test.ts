import { expect } from 'chai';
import { editDistance, suggest } from '../../src/core/suggest.js';

describe('suggest', () => {
  it('finds the word that was meant', () => {
    expect(suggest('wieght', ['pause', 'weight', 'wait'])).to.equal('weight');
    expect(suggest('hodl', ['hold', 'adopt'])).to.equal('hold');
    expect(suggest('Envoy', ['envoy'])).to.equal('envoy');
  });

  it('keeps quiet when nothing is near', () => {
    expect(suggest('zebra', ['weight', 'pause'])).to.equal(undefined);
    expect(suggest('x'.repeat(1000), ['weight'])).to.equal(undefined);
  });

  it('counts insertions, deletions, replacements and swaps as one edit each', () => {
    expect([
      editDistance('ab', 'axb'),
      editDistance('ab', 'a'),
      editDistance('ab', 'ax'),
      editDistance('ab', 'ba'),
    ]).to.deep.equal([1, 1, 1, 1]);
    expect(editDistance('kitten', 'sitting')).to.equal(3);
  });
});
