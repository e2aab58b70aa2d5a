import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PICTURES } from './pictures.js';

describe('the pictures in docs', () => {
  for (const [name, svg] of Object.entries(PICTURES)) {
    it(`${name} shows the view as it is now (to refresh: npm run pictures)`, () => {
      expect(readFileSync(new URL(`../../../docs/pictures/${name}`, import.meta.url), 'utf8')).to.equal(svg);
    });
  }
});
