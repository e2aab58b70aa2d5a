import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { unmark } from './spell.js';

const SUBSETS = 'subsets: { blue: { version: "2" }, green: { version: "3" } }';
const GROUP = `group: checkout
services:
  - service: cart
    bake: 1m
  - service: stock
${SUBSETS}
steps: [{ weight: 50 }]
bake: 5m
`;

describe('a group in a plan', () => {
  it('is a plan for each of its services, which takes over what it does not say itself', async () => {
    const { plans, diagnostics } = await readPlan(GROUP, 'p.yaml');
    expect(diagnostics).to.deep.equal([]);
    expect(plans.map(({ plan }) => [plan.service, plan.bake])).to.deep.equal([
      ['cart', 60_000],
      ['stock', 300_000],
    ]);
    for (const { plan } of plans) expect(plan.group).to.deep.equal({ name: 'checkout', services: ['cart', 'stock'] });
    expect(plans.map(({ at }) => [at.line, at.column])).to.deep.equal([
      [3, 14],
      [5, 14],
    ]);
  });

  it('a plan without one keeps its digest', async () => {
    const { plans } = await readPlan(`service: cart\n${SUBSETS}\nsteps: [{ weight: 50 }]\n`, 'p.yaml');
    expect(plans[0]!.canonical).to.not.match(/group|waves/);
  });

  const mistakes: readonly [string, string, string, string][] = [
    [
      'steps of one member',
      '  - service: stock',
      '  - service: stock\n    ▼steps: []',
      '"steps" of stock: the members of a group take the same steps',
    ],
    [
      'another datacenter',
      '  - service: stock',
      '  - service: stock\n    ▼datacenter: dc2',
      '"datacenter" of stock: the members of a group live in one place',
    ],
    [
      'one service only',
      'services:\n  - service: cart\n    bake: 1m\n',
      '▼services:\n',
      'a group is of two services or more, and this one has 1',
    ],
    ['a service twice', '  - service: stock', '  - service: ▼cart', 'two plans for the service "cart"'],
    ['a mistake in what is shared, once', 'bake: 5m', 'bake: ▼5', '"bake" is 5, which is no duration'],
    ['a mistake of one member', 'bake: 1m', 'bake: ▼1', '"bake" is 1, which is no duration'],
    ['an unknown key of one member', '    bake: 1m', '    ▼baek: 1m', 'unknown key "baek" in the plan'],
    ['a group in a group', '  - service: stock', '  - service: stock\n    ▼group: x', 'a group cannot stand in a group'],
    ['a service that has no name', '  - service: stock', '  - ▼bake: 1m', 'item 2 of "services" names no service'],
    ['no name', 'group: checkout\nservices', '▼services', 'services belong to a group, and this one has no name'],
    ['a list for a name', 'group: checkout', 'group: ▼[]', '"group" is no name'],
    ['waves', 'bake: 5m', '▼waves: []', 'a group has no waves: its lock step is within one Consul'],
    ['a service beside it', 'bake: 5m', '▼service: x', 'a plan is for one service or for a group of services'],
  ];
  for (const [name, from, to, message] of mistakes)
    it(`is refused at its place: ${name}`, async () => {
      const { text, line, column } = unmark(GROUP.replace(from, to));
      const { diagnostics } = await readPlan(text, 'p.yaml');
      expect(diagnostics.map((one) => [one.message, one.line, one.column])).to.deep.equal([[message, line, column]]);
    });

  it('is refused in HCL with the words of HCL', async () => {
    const one = (text: string) => readPlan(text, 'p.hcl').then(({ diagnostics }) => diagnostics.map(({ message }) => message));
    const member = (name: string) =>
      `service "${name}" {\n subset "blue" { version = "2" }\n subset "green" { version = "3" }\n}\n`;
    expect(await one(`group "x" {\n${member('a')}${member('b')}step { weight = 5 }\n}`)).to.deep.equal([]);
    expect(await one(`group {\n${member('a')}${member('b')}\n}`)).to.deep.equal(['a group takes one name, that of the group']);
    expect(await one(`group "x" {\n service {\n }\n}`)).to.include('the block service takes one name');
  });
});
