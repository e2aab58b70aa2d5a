import { expect } from 'chai';
import { comparePlans, type GoodPlans, type PlanFile } from '../../src/controller/compare-plans.js';
import { readPlan } from '../../src/plan/read.js';
import { yamlPlan } from '../plan/spell.js';

/** The text of a plan for a service, up to this weight. */
function planText(service: string, weight: number): string {
  return yamlPlan({ steps: `steps:\n  - weight: ${weight}` }).replace('payments', service);
}

async function file(name: string, text: string): Promise<PlanFile> {
  return { file: name, content: text, source: `${name}@c0ffee0000`, ...(await readPlan(text, name)) };
}

/** `service weight`, so that tables read well; `name!` is a file with a mistake. */
async function directory(files: Readonly<Record<string, string>>): Promise<readonly PlanFile[]> {
  return Promise.all(
    Object.entries(files).map(([name, plans]) => {
      const texts = plans.split(', ').map((plan) => {
        const [service = '', weight] = plan.split(' ');
        return service === '!' ? planText('payments', 5).replace('weight', 'wieght') : planText(service, Number(weight));
      });
      return file(name, texts.join('---\n'));
    }),
  );
}

interface Row {
  readonly it: string;
  readonly before: Readonly<Record<string, string>>;
  readonly now: Readonly<Record<string, string>>;
  readonly changed?: readonly string[];
  readonly removed?: readonly string[];
  readonly bad?: readonly string[];
  readonly good: readonly string[];
}

const ROWS: readonly Row[] = [
  { it: 'all are new', before: {}, now: { 'a.yaml': 'a 10, b 20' }, changed: ['a 10', 'b 20'], good: ['a 10', 'b 20'] },
  { it: 'nothing changed', before: { 'a.yaml': 'a 10' }, now: { 'a.yaml': 'a 10' }, good: ['a 10'] },
  {
    it: 'one changed',
    before: { 'a.yaml': 'a 10, b 20' },
    now: { 'a.yaml': 'a 10, b 30' },
    changed: ['b 30'],
    good: ['a 10', 'b 30'],
  },
  { it: 'moved to another file', before: { 'a.yaml': 'a 10' }, now: { 'b.yaml': 'a 10' }, good: ['a 10'] },
  {
    it: 'a file is gone',
    before: { 'a.yaml': 'a 10', 'b.yaml': 'b 20' },
    now: { 'a.yaml': 'a 10' },
    removed: ['b 20'],
    good: ['a 10'],
  },
  {
    it: 'a plan is gone from its file',
    before: { 'a.yaml': 'a 10, b 20' },
    now: { 'a.yaml': 'a 10' },
    removed: ['b 20'],
    good: ['a 10'],
  },
  {
    it: 'a mistake keeps the last good plan',
    before: { 'a.yaml': 'a 10' },
    now: { 'a.yaml': '!' },
    bad: ['a.yaml:6:5'],
    good: ['a 10'],
  },
  {
    it: 'one mistake counts against its whole file',
    before: { 'a.yaml': 'a 10, b 20' },
    now: { 'a.yaml': 'a 15, !' },
    bad: ['a.yaml:14:5'],
    good: ['a 10', 'b 20'],
  },
  {
    it: 'nothing is removed while a file is bad, others change',
    before: { 'a.yaml': 'a 10', 'b.yaml': 'b 20', 'c.yaml': 'c 30' },
    now: { 'b.yaml': 'b 25', 'z.yaml': '!' },
    changed: ['b 25'],
    bad: ['z.yaml:6:5'],
    good: ['a 10', 'b 25', 'c 30'],
  },
  {
    it: 'two files for one service: the last good one stays',
    before: { 'a.yaml': 'a 10' },
    now: { 'a.yaml': 'a 10', 'b.yaml': 'a 20' },
    bad: ['b.yaml:1:10'],
    good: ['a 10'],
  },
  {
    it: 'two files for one service from the start: neither',
    before: {},
    now: { 'a.yaml': 'a 10', 'b.yaml': 'a 10' },
    bad: ['b.yaml:1:10'],
    good: [],
  },
];

describe('comparePlans', () => {
  const shown = (plans: Iterable<{ plan: { service: string; steps: readonly unknown[] } }>): readonly string[] =>
    [...plans].map(({ plan }) => `${plan.service} ${(plan.steps[0] as { to: number }).to / 100}`).sort();
  const start = async (files: Row['before']): Promise<GoodPlans> => comparePlans(new Map(), await directory(files)).good;

  for (const row of ROWS)
    it(row.it, async () => {
      const change = comparePlans(await start(row.before), await directory(row.now));
      expect({
        changed: shown(change.changed),
        removed: shown(change.removed),
        bad: change.bad.flatMap(({ diagnostics }) => diagnostics.map(({ file, line, column }) => `${file}:${line}:${column}`)),
        good: shown(change.good.values()),
      }).to.deep.equal({ changed: row.changed ?? [], removed: row.removed ?? [], bad: row.bad ?? [], good: row.good });
    });

  it('a mistake that is another one has another id, the same one has the same', async () => {
    const bad = async (text: string): Promise<string | undefined> =>
      comparePlans(new Map(), [await file('a.yaml', text)]).bad[0]?.id;
    expect(await bad('service: 3')).to.equal(await bad('service: 3'));
    expect(await bad('service: 3')).not.to.equal(await bad('service: 4'));
  });
});
