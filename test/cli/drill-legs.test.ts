import { expect } from 'chai';
import { drillPlan } from '../../src/cli/drill-plan.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { makePlan, weight } from '../support/world.js';

const plan = (steps: string): string => `service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
legs: { baseline: { version: "4", weight: 5 } }
stable: blue
steps: ${steps}
bake: 200ms
`;

describe('a drill by a plan with a further leg of weight', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    sandbox.deploy('4');
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  it('is made, both to what the leg leaves and back', async () => {
    const { code, out, err } = await shell.run(
      `drill ${planFile(plan('[{ weight: 20 }, { weight: 95 }]'))} --pace 500ms -o json`,
    );
    expect(code, out + err).to.equal(0);
    const { parts } = JSON.parse(out);
    expect(parts.map(({ phase }: { phase: string }) => phase)).to.deep.equal(['Promoted', 'Promoted', 'Reverted']);
    expect(parts[0].steps.map((step: { weight: number }) => step.weight)).to.include(95);
  });

  it('refuses steps that end before that, with the weight that validate takes', async () => {
    const { code, err } = await shell.run(`drill ${planFile(plan('[{ weight: 50 }]'))}`);
    expect([code, err]).to.deep.equal([
      1,
      'Error: the plan of payments ends at 50%, so no rollout by it is ever promoted. Nothing was written\n  -> add "- weight: 95" to its steps, or drill with another plan\n',
    ]);
    expect((await shell.run(`validate ${planFile(plan('[{ weight: 50 }, { weight: 95 }]'))}`)).code).to.equal(0);
  });

  for (const [leg, ends] of [
    [0, [1_000, 5_000, 10_000]],
    [500, [1_000, 5_000, 9_500]],
    [6_000, [1_000, 4_000]],
    [5_000, [1_000, 5_000]],
    [9_500, [500]],
  ] as const)
    it(`without steps ends where a leg of ${leg / 100}% leaves off`, () => {
      const legs = [{ subset: 'baseline', filter: 'Service.Meta.version == "4"', weight: leg }];
      const { steps } = drillPlan({ plan: makePlan({ steps: [], legs }), digest: '', source: '' }, undefined).plan;
      expect(steps.flatMap((step) => (step.kind === 'weight' ? [step.to] : []))).to.deep.equal(ends);
    });

  it('with the usual legs of nothing needs 100% as before', () => {
    const short = makePlan({ steps: [weight(95)] });
    expect(() => drillPlan({ plan: short, digest: '', source: '' }, undefined)).to.throw(/ends at 95%/);
  });
}).timeout(90_000);
