import { expect } from 'chai';
import { readEntryTrees } from '../../src/plan/entry-trees.js';
import { type Imported, importEntries } from '../../src/plan/import-entries.js';
import { printYaml } from '../../src/plan/print-plan.js';
import { place } from '../../src/plan/problem.js';
import { readPlan } from '../../src/plan/read.js';

/** The workshop's entries, letter by letter as it has them: snake_case, versions without quotes, a comma after a field. */
const RESOLVER = `kind = "service-resolver"
name = "payments"

# https://www.consul.io/api/health.html#filtering-2
# Show Node.Meta demonstration showing performance testing a new instance type
default_subset = "blue"

subsets = {
  blue = {
    filter = "Service.Meta.version == 2"
  }
  green = {
    filter = "Service.Meta.version == 3"
  }
}
`;
const SPLITTER = `kind = "service-splitter",
name = "payments"

splits = [
  {
    weight = 50,
    service_subset = "blue"
  },
  {
    weight = 50,
    service_subset = "green"
  }
]
`;
const PLAN = {
  service: 'payments',
  subsets: { blue: { filter: 'Service.Meta.version == 2' }, green: { filter: 'Service.Meta.version == 3' } },
  stable: 'blue',
  steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }],
};

async function read(...texts: readonly string[]): Promise<Imported> {
  const found = await Promise.all(texts.map((text, i) => readEntryTrees(text, `${i + 1}.hcl`)));
  const problems = found.flatMap((trees, i) => trees.problems.map((problem) => place(problem, `${i + 1}.hcl`)));
  const entries = found.flatMap(({ roots }, i) => roots.map((node) => ({ node, file: `${i + 1}.hcl` })));
  const { plans, diagnostics } = importEntries(entries);
  return { plans, diagnostics: [...problems, ...diagnostics] };
}

const told = ({ diagnostics }: Imported): readonly string[] =>
  diagnostics.map(({ severity, file, line, column, message }) => `${severity} ${file}:${line}:${column} ${message}`);

describe('importing config entries', () => {
  const forms: readonly (readonly [string, string, string])[] = [
    ['as the workshop writes them', RESOLVER, SPLITTER],
    [
      'in CamelCase, with blocks',
      'Kind = "service-resolver"\nName = "payments"\nDefaultSubset = "blue"\nSubsets {\n  blue { Filter = "Service.Meta.version == 2" }\n  green { Filter = "Service.Meta.version == 3" }\n}\n',
      'Kind = "service-splitter"\nName = "payments"\nSplits {\n  Weight = 50\n  ServiceSubset = "blue"\n}\nSplits {\n  Weight = 50\n  ServiceSubset = "green"\n}\n',
    ],
    [
      'in blocks with labels and commas in a line',
      'Kind = "service-resolver", Name = "payments", default_subset = "blue"\nsubsets "blue" { filter = "Service.Meta.version == 2", only_passing = false }\nsubsets "green" { filter = "Service.Meta.version == 3" }\n',
      SPLITTER,
    ],
    [
      'in JSON, as `consul config read` prints it',
      JSON.stringify({
        Kind: 'service-resolver',
        Name: 'payments',
        DefaultSubset: 'blue',
        Subsets: { blue: { Filter: 'Service.Meta.version == 2' }, green: { Filter: 'Service.Meta.version == 3' } },
        ConnectTimeout: '0s',
        CreateIndex: 7,
        ModifyIndex: 9,
      }),
      JSON.stringify({
        Kind: 'service-splitter',
        Name: 'payments',
        Splits: [
          { Weight: 50, ServiceSubset: 'blue', RequestHeaders: null },
          { Weight: 50, ServiceSubset: 'green', Service: 'payments' },
        ],
      }),
    ],
  ];
  for (const [what, ...texts] of forms)
    it(`makes the workshop's plan of ten lines: ${what}`, async () => {
      const imported = await read(...texts);
      expect(told(imported)).to.deep.equal([]);
      expect(imported.plans).to.deep.equal([PLAN]);
      const text = printYaml(imported.plans[0]!);
      expect(text.trimEnd().split('\n')).to.have.length.at.most(10);
      expect((await readPlan(text, 'p.yaml')).diagnostics).to.deep.equal([]);
    });

  it('keeps a filter as it is unless splitter itself would write it so: otherwise users would be moved', async () => {
    const { plans } = await read(RESOLVER.replace('version == 2', 'version == \\"2\\"'));
    expect(plans[0]).to.deep.include({
      subsets: { blue: { version: '2' }, green: { filter: 'Service.Meta.version == 3' } },
      steps: [{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }],
    });
  });

  it('takes protocol, further legs, and the heavier leg as stable where nothing names one', async () => {
    const { plans, diagnostics } = await read(
      'Kind = "service-defaults"\nName = "payments"\nProtocol = "http"\n',
      'Kind = "service-resolver"\nName = "payments"\nSubsets = {\n a = { Filter = "Service.Meta.version == 9" }\n b = { Filter = "Service.Meta.version == 10" }\n dark = { Filter = "Service.Meta.version == 8" } }\n',
      'Kind = "service-splitter"\nName = "payments"\nSplits = [ { Weight = 15, ServiceSubset = "b" }, { Weight = 80, ServiceSubset = "a" }, { Weight = 5, ServiceSubset = "dark" } ]\n',
    );
    expect(diagnostics).to.deep.equal([]);
    expect(plans[0]).to.deep.include({
      protocol: 'http',
      stable: 'a',
      legs: { dark: { weight: 5 } },
      steps: [{ weight: 15 }, { pause: {} }, { weight: 95 }],
    });
  });

  const unsaid: readonly (readonly [string, string, string])[] = [
    ['a field of the resolver', `${RESOLVER}connect_timeout = "5s"\n`, 'warning 1.hcl:16:1 a plan does not say connect_timeout'],
    [
      'a field of a subset',
      RESOLVER.replace('version == 2"', 'version == 2"\n    only_passing = true'),
      'warning 1.hcl:11:5 a plan does not say only_passing',
    ],
    [
      'an owner',
      `${RESOLVER}meta = { external-source = "kubernetes" }\n`,
      'warning 1.hcl:16:1 this entry belongs to kubernetes, so splitter will not write it',
    ],
    [
      'another kind',
      'Kind = "proxy-defaults"\nName = "global"\n',
      'warning 1.hcl:1:1 proxy-defaults/global is nothing that a plan says',
    ],
    [
      'a router',
      `Kind = "service-router"\nName = "payments"\nRoutes = [ { Destination = { ServiceSubset = "green" } } ]\n`,
      'warning 1.hcl:3:1 a plan does not say Routes',
    ],
    ['no kind', 'Name = "payments"\n', 'error 1.hcl:1:1 a config entry needs a kind and a name'],
    [
      'a subset without a filter',
      RESOLVER.replace('filter = "Service.Meta.version == 2"', ''),
      'error 1.hcl:9:3 the subset "blue" has no filter, so it is every instance',
    ],
    [
      'one subset only',
      'Kind = "service-resolver"\nName = "payments"\nSubsets = { blue = { Filter = "Service.Meta.version == 2" } }\n',
      'error 1.hcl:3:1 service-resolver/payments has the subset blue only; a rollout is between two',
    ],
    [
      'a splitter alone',
      SPLITTER,
      'error 1.hcl:1:1 there is no service-resolver/payments among these, so nothing says which instances blue and green are',
    ],
    [
      'a leg to another service',
      SPLITTER.replace('service_subset = "green"', 'service = "other"'),
      'warning 1.hcl:11:15 this leg leads to another service (other), and keeps its share through every rollout',
    ],
    [
      'a protocol that cannot be split',
      'Kind = "service-defaults"\nName = "payments"\nprotocol = "tcp"\n',
      'warning 1.hcl:3:12 Consul cannot split tcp, so the plan says no protocol',
    ],
  ];
  for (const [what, text, message] of unsaid)
    it(`tells what a plan cannot say, at its place: ${what}`, async () => {
      const others = what === 'a router' || what.startsWith('a protocol') ? [RESOLVER] : [];
      expect(told(await read(text, ...others))).to.include(message);
    });

  it('tells a leg to a subset that the resolver lacks', async () => {
    const { plans, diagnostics } = await read(RESOLVER, SPLITTER.replace('"green"', '"gren"'));
    expect(plans).to.deep.equal([]);
    expect(diagnostics[0]).to.deep.include({
      line: 4,
      message: 'a leg names the subset "gren", which the resolver does not have',
    });
  });

  it('never makes a plan where there is an error, and tells two entries of one kind', async () => {
    const imported = await read(RESOLVER, RESOLVER);
    expect(told(imported)).to.deep.equal(['error 2.hcl:1:1 a second service-resolver/payments']);
    expect((await read(SPLITTER)).plans).to.deep.equal([]);
  });
});
