import { expect } from 'chai';
import type { Plan, Signal } from '../../src/core/plan.js';
import { isRefusal, type Roles } from '../../src/core/roles.js';
import { rolesOfPlan, timelineOf } from '../../src/core/timeline.js';
import { boundReverts, slowestSignal } from '../../src/judge/revert-bounds.js';
import { renderBounds, renderTimeline } from '../../src/view/simulate.js';
import { COLOUR, PLAIN } from '../../src/view/style.js';
import { makePlan } from '../support/world.js';

const SMALL: Plan = {
  ...makePlan(),
  protocol: 'http',
  steps: [{ kind: 'weight', to: 2_500 }, { kind: 'pause', for: 300_000 }, { kind: 'pause' }, { kind: 'weight', to: 10_000 }],
  bake: 10_000,
};

const GOLDEN = `payments: blue "2" (stable, .) -> green "3" (canary, #)

    time  write     0%          100% canary  what happens
      0s  defaults  ................     0%  traffic can be split on http only;
                                            connections to the service are
                                            re-made once
          resolver  ................     0%  subsets blue (2), green (3)
      1s  splitter  ................     0%  started by you: blue is stable,
                                            green is canary
          splitter  ####............    25%  canary green 0% -> 25%
          splitter  ####............    25%  pause 5m
    5m1s  splitter  ####............    25%  at 25%, waiting for a person:
                                            splitter resume payments
   5m1s+  splitter  ####............    25%  resumed by a person
          splitter  ################   100%  canary green 25% -> 100%
          splitter  ################   100%  all traffic is on green; baking for
                                            10s
  5m11s+  splitter  ################   100%  green passed its bake of 10s;
                                            making it the default subset
          resolver  ################   100%  green becomes the default subset
          splitter  ################   100%  green is promoted: it is stable and
                                            the default subset now; blue stays
                                            warm

Total: 5m11s at the earliest; plus (+) what a person takes at an open pause.
`;

function draw(plan: Plan): string {
  const roles = rolesOfPlan(plan) as Roles;
  expect(isRefusal(roles)).to.equal(false);
  return renderTimeline(plan, roles, timelineOf(plan, roles), PLAIN);
}

describe('the view of a simulated plan', () => {
  it('draws a small plan as it is printed', () => {
    expect(draw(SMALL)).to.equal(GOLDEN);
  });

  it('fits 80 columns, with further legs in the bar', () => {
    const plan = {
      ...SMALL,
      subsets: [...SMALL.subsets, { name: 'dark', version: '4', filter: 'Service.Meta.version == "4"' }],
      legs: [{ subset: 'dark', weight: 2_500 }],
      steps: SMALL.steps.slice(0, 3),
    };
    const text = draw(plan);
    expect(text).to.include('####====........    25%');
    expect(text).to.match(/It stops there: the target of 25% is reached\./);
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  it('says in colour what it says without', () => {
    const roles = rolesOfPlan(SMALL) as Roles;
    const coloured = renderTimeline(SMALL, roles, timelineOf(SMALL, roles), COLOUR);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    expect(coloured.replace(/\u001b\[\d+m/g, '')).to.equal(draw(SMALL));
  });

  const p95 = { name: 'p95', source: 'prometheus', query: 'q', max: 1, interval: 30_000, errorLimit: 4 } as const;
  const cases: readonly [string, Signal, number][] = [
    ['counts', { name: 'e', source: 'envoy', metric: 'errors', max: 0.01 }, 300],
    ['one miss', { ...p95, failureLimit: 0 }, 30_300],
    ['a miss that is forgiven', { ...p95, failureLimit: 1 }, 60_300],
    ['misses in a row before the limit', { ...p95, failureLimit: 9, consecutive: 3 }, 90_300],
    [
      'a probe with its timeout',
      {
        name: 'h',
        source: 'http',
        url: 'http://x/',
        method: 'GET',
        interval: 10_000,
        timeout: 2_000,
        failureLimit: 0,
        errorLimit: 4,
      },
      12_300,
    ],
    ['a comparison', { ...p95, failureLimit: 0, compare: { margin: 0, worse: 'higher' } }, 9 * 30_000 + 300],
    ['passing instances', { name: 'c', source: 'consul', minHealthy: 1 }, 2_300],
  ];
  for (const [name, signal, ms] of cases)
    it(`bounds a revert by ${name}`, () => {
      expect(slowestSignal(boundReverts({ ...SMALL, signals: [signal] }))).to.equal(ms);
    });

  it('bounds no revert by a dry run', () => {
    const trial: Signal = { name: 'c', source: 'consul', minHealthy: 1, dryRun: true };
    expect(slowestSignal(boundReverts({ ...SMALL, signals: [trial] }))).to.equal(undefined);
  });

  it('names every bound of a plan, and none by signals where it has none', () => {
    const bounds = boundReverts({ ...SMALL, deadline: 7_200_000, stepTimeout: 900_000 });
    expect(slowestSignal(bounds)).to.equal(undefined);
    expect(renderBounds(bounds, PLAIN)).to.match(/no_instances +300ms .*\n +step_timeout +15m .*\n +deadline +2h /);
  });
});
