import { expect } from 'chai';
import type { Instance } from '../../src/core/instances.js';
import { reportSubsets, type SubsetInput } from '../../src/core/subsets.js';
import { versionFilter } from '../../src/core/versions.js';
import { PLAIN } from '../../src/view/style.js';
import { renderSubsets } from '../../src/view/subsets.js';
import { makePlan, makeRollout, makeSeen } from '../support/world.js';

const sidecar = (id: string, version?: string, change: Partial<Instance> = {}): Instance => ({
  id: `${id}-sidecar-proxy`,
  node: 'n1',
  status: 'passing',
  standsFor: id,
  ...(version === undefined ? {} : { version }),
  ...change,
});
const process = (id: string, version: string): Instance => ({ id, node: 'n1', status: 'passing', version });

function report(change: Partial<SubsetInput> = {}) {
  const [a, b] = [sidecar('a', '2'), sidecar('b', '3', { status: 'critical' })];
  const rollout = makeRollout(10);
  return reportSubsets({
    service: 'payments',
    rollout,
    plan: undefined,
    seen: makeSeen(rollout),
    sidecars: [a, b],
    picked: { blue: [a], green: [b] },
    processes: [process('a', '2'), process('b', '3')],
    ...change,
  });
}

describe('the subsets of a service', () => {
  it('have filter, version, role, weight and instances', () => {
    expect(report()).to.deep.equal({
      service: 'payments',
      subsets: [
        {
          subset: 'blue',
          filter: versionFilter('2'),
          version: '2',
          role: 'stable',
          weight: 90,
          instances: { passing: 1, warning: 0, critical: 0 },
        },
        {
          subset: 'green',
          filter: versionFilter('3'),
          version: '3',
          role: 'canary',
          weight: 10,
          instances: { passing: 0, warning: 0, critical: 1 },
        },
      ],
      strays: [],
      hidden: [],
    });
  });

  it('swap roles after a promotion, and have those of the plan where there was no rollout', () => {
    const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    expect(report({ rollout: promoted, seen: makeSeen(promoted) }).subsets.map(({ role }) => role)).to.deep.equal([
      'canary',
      'stable',
    ]);
    const before = report({ rollout: undefined, seen: makeSeen(undefined), plan: makePlan() });
    expect(before.subsets.map(({ role, weight }) => [role, weight])).to.deep.equal([
      ['stable', null],
      ['canary', null],
    ]);
    expect(report({ rollout: undefined, seen: makeSeen(undefined) }).subsets.map(({ role }) => role)).to.deep.equal([null, null]);
  });

  it('tell versions that are in none, in their order, and sidecars whose own Meta hides the version', () => {
    const [a, b] = [sidecar('a', '2'), sidecar('b', '3')];
    const outside = [sidecar('d', '10'), sidecar('c', '9'), sidecar('e', '10'), sidecar('f')];
    const found = report({
      sidecars: [a, b, ...outside],
      picked: { blue: [a], green: [b] },
      processes: [process('f', '4'), process('a', '2'), process('b', '2'), { ...process('d', '7'), node: 'n2' }],
    });
    expect(found.strays).to.deep.equal([
      { version: '9', instances: 1 },
      { version: '10', instances: 2 },
      { version: null, instances: 1 },
    ]);
    expect(found.hidden).to.deep.equal([
      { sidecar: 'b-sidecar-proxy', node: 'n1', says: '3', version: '2' },
      { sidecar: 'f-sidecar-proxy', node: 'n1', says: null, version: '4' },
    ]);
    const text = renderSubsets(found, PLAIN);
    expect(text).to.match(/^blue +stable +90% +1\/0\/0 +2 +Service\.Meta/m);
    expect(text).to.match(/in no subset: version 10, 2 sidecars/);
    expect(text).to.match(/hidden: f-sidecar-proxy on n1 stands for version 4, but its own Meta says none/);
    expect(text).to.match(/-> in the plan: subsets: \{ green: \{ version: "10" \} \}/);
  });

  it('say abort where canary carries traffic and nothing answers there', () => {
    expect(renderSubsets(report(), PLAIN)).to.match(
      /-> splitter abort payments +green carries 10% and no instance of it is ready/,
    );
  });
});
