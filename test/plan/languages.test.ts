import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { textOfPlan } from '../../src/plan/plan-text.js';
import { printHcl, printYaml } from '../../src/plan/print-plan.js';
import { readPlan } from '../../src/plan/read.js';
import { ANY_PLAN } from './any-plan.js';

describe('the two languages of a plan', () => {
  it('give any plan the same digest', async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PLAN, async (plan) => {
        const read = [
          await readPlan(stringify(plan), 'p.yaml'),
          await readPlan(JSON.stringify(plan), 'p.json'),
          await readPlan(printHcl(plan), 'p.hcl'),
        ];
        for (const { diagnostics } of read) expect(diagnostics.filter((d) => d.severity === 'error')).to.deep.equal([]);
        const [yaml, json, hcl] = read.map(({ plans }) => plans[0]!);
        expect(json!.canonical).to.equal(yaml!.canonical);
        expect(hcl!.canonical).to.equal(yaml!.canonical);
        expect(hcl!.digest).to.equal(yaml!.digest);
      }),
      { numRuns: 150 },
    );
  });

  it('are written by splitter itself from any plan, and read back to the same digest', async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PLAN, async (written) => {
        const first = (await readPlan(stringify(written), 'p.yaml')).plans[0]!;
        const text = textOfPlan(first.plan);
        for (const [file, source] of [
          ['p.yaml', printYaml(text)],
          ['p.hcl', printHcl(text)],
          ['p.json', JSON.stringify(text)],
        ] as const) {
          const { plans, diagnostics } = await readPlan(source, file);
          expect(diagnostics.filter((d) => d.severity === 'error')).to.deep.equal([]);
          expect(plans[0]!.canonical, source).to.equal(first.canonical);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never throw, whatever the text, and place every complaint in it', async () => {
    const word = fc.constantFrom(
      ...'service: |x|\n|  |- |{|}|[|]|"|\'|rollout "x" {|subset "a" {|= |version|steps|weight|${|<<EOT\n|EOT|#|/*|&a |*a |!!x |? |: |,|\t|\\|1.10|__proto__|: null|step {'.split(
        '|',
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 25 }).map((words) => words.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('p.yaml', 'p.hcl', '-'), async (source, file) => {
        const { diagnostics } = await readPlan(source, file);
        const lines = source.split('\n');
        expect(diagnostics.length).to.be.above(0);
        for (const d of diagnostics) {
          expect(d.line).to.be.within(1, lines.length);
          expect(d.column).to.be.within(1, (lines[d.line - 1]?.length ?? 0) + 1);
          expect(d.message).to.not.equal('');
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never throw on a mistake anywhere in a good plan', async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PLAN, fc.nat(), fc.nat({ max: 3 }), fc.boolean(), async (plan, at, cut, hcl) => {
        const text = hcl ? printHcl(plan) : stringify(plan);
        const place = at % text.length;
        const { plans, diagnostics } = await readPlan(
          text.slice(0, place) + text.slice(place + cut + 1),
          hcl ? 'p.hcl' : 'p.yaml',
        );
        expect(plans.length + diagnostics.length).to.be.above(0);
      }),
      { numRuns: 200 },
    );
  });
});
