import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { MISTAKES } from './mistakes.js';
import { hclPlan, unmark, yamlPlan } from './spell.js';

describe('a mistake in a plan', () => {
  for (const mistake of MISTAKES) {
    for (const [syntax, marked] of [
      ['yaml', yamlPlan(mistake.yaml)],
      ['hcl', hclPlan(mistake.hcl)],
    ] as const) {
      it(`is told once, where it is and in the same words: ${mistake.name} (${syntax})`, async () => {
        const { text, line, column } = unmark(marked);
        const { plans, diagnostics } = await readPlan(text, 'plan', syntax);
        expect(diagnostics.map((d) => [d.message, d.line, d.column])).to.deep.equal([[mistake.message, line, column]]);
        expect(diagnostics[0]!.severity).to.equal(mistake.severity ?? 'error');
        expect(plans).to.have.length(mistake.severity === 'warning' ? 1 : 0);
        if (mistake.hint !== undefined) expect(diagnostics[0]!.hint).to.equal(mistake.hint);
      });
    }
  }
});
