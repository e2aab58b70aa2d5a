import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { ROOT } from './root.js';

const EXAMPLES = join(ROOT, 'examples');
const names = readdirSync(EXAMPLES).filter((name) => /\.(ya?ml|hcl|json)$/.test(name));
const read = (name: string) => readPlan(readFileSync(join(EXAMPLES, name), 'utf8'), name);

describe('the examples', () => {
  for (const name of names) {
    it(`hold good plans, without a warning: ${name}`, async () => {
      const { plans, diagnostics } = await read(name);
      expect(diagnostics).to.deep.equal([]);
      expect(plans).to.not.have.length(0);
      if (/\.ya?ml$/.test(name)) {
        const text = readFileSync(join(EXAMPLES, name), 'utf8');
        expect(text.split('\n')[0]).to.equal('# yaml-language-server: $schema=../configs/plan.schema.json');
      }
    });
  }

  it('are there, and payments is the same plan in both languages', async () => {
    expect(names).to.include.members(['payments.yaml', 'payments.hcl', 'workshop.yaml']);
    const [yaml, hcl] = [await read('payments.yaml'), await read('payments.hcl')];
    expect(hcl.plans[0]!.canonical).to.equal(yaml.plans[0]!.canonical);
    expect(hcl.plans[0]!.digest).to.equal(yaml.plans[0]!.digest);
  });

  it('are there, and checkout is the same group in both languages', async () => {
    const [yaml, hcl] = [await read('checkout.yaml'), await read('checkout.hcl')];
    expect(yaml.plans.map(({ plan }) => plan.service)).to.deep.equal(['cart', 'stock']);
    expect(hcl.plans.map(({ canonical }) => canonical)).to.deep.equal(yaml.plans.map(({ canonical }) => canonical));
  });
});
