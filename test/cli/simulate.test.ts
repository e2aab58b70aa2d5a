import { expect } from 'chai';
import { Shell } from '../support/shell.js';

const PLAN = `
service: payments
subsets:
  blue: { version: "2" }
  green: { version: "3" }
stable: blue
steps:
  - weight: 10
  - pause: 5m
  - pause: {}
  - weight: 100
bake: 1m
`;
const WATCHED = `${PLAN}signals:
  - { name: errors, source: envoy, metric: errors, max: 0.5% }
`;

describe('splitter simulate', () => {
  // Port 1 answers nobody: a simulation that asked Consul would fail.
  const shell = new Shell('http://127.0.0.1:1');

  it('shows a plan that leaves its versions to the catalog', async () => {
    const { code, out } = await shell.run('simulate -', PLAN.replace('"2"', 'auto').replace('"3"', 'auto'));
    expect(code).to.equal(0);
    expect(out).to.match(/blue "auto" \(stable, \.\) -> green "auto" \(canary, #\)/);
  });

  it('prints the promised JSON without any Consul', async () => {
    const { code, out } = await shell.run('simulate - --errors 20% --rps 100 -o json', WATCHED);
    const document = JSON.parse(out);
    expect(code).to.equal(0);
    expect(document).to.include({ service: 'payments', earliestMs: 361_000, needsPerson: true, longestRevertMs: 300 });
    expect(document.writes[0]).to.deep.equal({
      atMs: 0,
      kind: 'service-resolver',
      why: 'subsets blue (2), green (3)',
      weights: { blue: 100, green: 0 },
      person: false,
    });
    expect(document.writes.find((write: { atMs: number }) => write.atMs === 301_000).weights).to.deep.equal({
      blue: 90,
      green: 10,
    });
    expect(document.felt).to.include({ runs: 200, reverted: 200, weightMedian: 10 });
  });

  it('has nothing felt where no failure is asked about', async () => {
    expect(JSON.parse((await shell.run('simulate - -o json', PLAN)).out)).to.not.have.property('felt');
  });

  it('shows the time line, the bounds and what users feel, in 80 columns', async () => {
    const { out, err } = await shell.run('simulate - --errors 2% --onset 30s', WATCHED);
    expect(err).to.equal('');
    expect(out).to.match(/5m1s {2}splitter {2}##\.{14} {4}10%/);
    expect(out).to.match(/If green fails 2% of its requests from 30s on/);
    expect(out).to.match(/reverted +200 of 200 simulated rollouts, at 10%/);
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  it('says of a plan without count signals that nothing would catch a bad canary', async () => {
    expect((await shell.run('simulate - --errors 2%', PLAN)).out).to.match(
      /never: nothing would catch it, no signal counts errors/,
    );
  });

  it('says that nobody watches an onset after the end', async () => {
    expect((await shell.run('simulate - --errors 2% --onset 3h', WATCHED)).out).to.match(/never: the course ends after 16m1s/);
  });

  it('tells how often a healthy canary is taken back, the same for the same seed', async () => {
    const one = await shell.run('simulate - --false-reverts --runs 40 -o json', WATCHED);
    const { falseReverts } = JSON.parse(one.out);
    expect(one.code).to.equal(0);
    expect(falseReverts).to.include({ rps: 50, runs: 40, seed: 1 });
    expect(falseReverts.levels.map(({ nearness }: { nearness: number }) => nearness)).to.deep.equal([
      'as stable',
      0.1,
      0.5,
      0.8,
      1,
    ]);
    expect(falseReverts.levels[4].signals).to.deep.equal([
      { name: 'errors', bad: { canary: 0.005, stable: 0 }, reverted: 0 },
      { name: 'unanswered', bad: { canary: 0.02, stable: 0.01 }, reverted: 0 },
    ]);
    expect(falseReverts.levels[4].interval95).to.have.keys('low', 'high');
    expect((await shell.run('simulate - --false-reverts --runs 40 -o json', WATCHED)).out).to.equal(one.out);
  });

  it('says the odds in a sentence and a table of 80 columns', async () => {
    const { out } = await shell.run('simulate - --false-reverts --runs 20 --seed 3', WATCHED);
    expect(out).to.match(/exactly on bounds +0 of 20 +0% to 16%/);
    expect(out.replace(/\s+/g, ' ')).to.include(
      'A canary exactly on its bounds (errors <= 0.5%, unanswered <= stable + 1%) is taken back in 0 of 20 rollouts (95% sure: 0% to 16%).',
    );
    for (const line of out.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  it('says of numbers that their odds are not simulated', async () => {
    const { out } = await shell.run(
      'simulate - --false-reverts --runs 1',
      `${PLAN}signals:
  - { name: p95, source: prometheus, query: up, max: 1, interval: 30s }
`,
    );
    expect(out).to.match(/none: no evidence of counted requests/);
    expect(out.replace(/\s+/g, ' ')).to.match(/not simulated: its odds depend on its query: 1 - \(1 - q\)\^32/);
  });

  it('ends with 6 and the diagnostics where the plan is not valid', async () => {
    const { code, out, err } = await shell.run('simulate -', PLAN.replace('bake', 'bakes'));
    expect(code).to.equal(6);
    expect(out).to.equal('');
    expect(err).to.match(/bakes/);
    const json = await shell.run('simulate - -o json', PLAN.replace('bake', 'bakes'));
    expect(json.code).to.equal(6);
    expect(JSON.parse(json.out)).to.have.property('valid', false);
  });

  const mistakes: readonly [string, RegExp][] = [
    ['--errors 200%', /--errors 200% is not a percentage/],
    ['--errors 2% --rps none', /--rps none is not a number/],
    ['--errors 2% --onset later', /--onset later is not a duration/],
    ['--rps 50', /--rps needs --errors/],
    ['--runs 50', /--runs needs --errors.*or --false-reverts/],
    ['--errors 2% --false-reverts', /--errors asks about a bad canary/],
    ['--false-reverts --onset 1m', /--onset belongs to --errors/],
    ['--false-reverts --runs 0', /--runs 0 is not a whole number/],
    ['--false-reverts --seed x', /--seed x is not a whole number/],
  ];
  for (const [flags, message] of mistakes)
    it(`refuses ${flags} and says what to type`, async () => {
      const { code, err } = await shell.run(`simulate - ${flags}`, WATCHED);
      expect(code).to.equal(1);
      expect(err).to.match(message).and.match(/-> /);
    });
});
