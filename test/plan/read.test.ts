import { expect } from 'chai';
import { readPlan } from '../../src/plan/read.js';
import { hclPlan, unmark, yamlPlan } from './spell.js';

async function messages(text: string, file: string): Promise<unknown[]> {
  return (await readPlan(text, file)).diagnostics.map((d) => [d.message, d.line, d.column]);
}

describe('reading a plan', () => {
  it('fills in every default', async () => {
    const { plans, diagnostics } = await readPlan(yamlPlan({}), 'p.yaml');
    expect(diagnostics).to.deep.equal([]);
    expect(plans[0]!.plan).to.deep.equal({
      service: 'payments',
      subsets: [
        { name: 'blue', filter: 'Service.Meta.version == "2"', version: '2' },
        { name: 'green', filter: 'Service.Meta.version == "3"', version: '3' },
      ],
      legs: [],
      steps: [{ kind: 'weight', to: 5000 }],
      bake: 10_000,
      undoWindow: 86_400_000,
      stepTimeout: 900_000,
      on: { noData: 'wait', drift: 'hold', stepTimeout: 'revert', signalError: 'hold', newVersion: 'supersede' },
      signals: [],
      callers: [],
    });
  });

  it('reads every kind of signal into its normal form', async () => {
    const signals = `signals:
  - { name: a, source: envoy, metric: errors, max: 0.5% }
  - { name: b, source: envoy, metric: latency, over: 500ms, max: 5 }
  - { name: c, source: envoy, metric: errors, compare: stable, margin: 0.2% }
  - { name: d, source: prometheus, query: up, min: 1, interval: 5s, failure_limit: 1 }
  - { name: e, source: prometheus, preset: p95, window: 1m, max: 0.5, url: "http://127.0.0.1:9090" }
  - { name: f, source: http, url: "http://127.0.0.1/x", consecutive: 2, expect: 204 }
  - { name: g, source: consul, min_healthy: 2, dry_run: true }
  - { name: h, source: prometheus, query: 'q{s="{{subset}}"}', compare: stable, margin: 0.05, reduce: max, inconclusive_limit: 3 }
  - { name: i, source: prometheus, preset: request-rate, compare: stable, margin: 0, worse: lower, interval: 2m, dry_run: false }
  - { name: j, source: newrelic, nrql: 'SELECT 1 WHERE s = "{{subset}}" SINCE 30 seconds ago', compare: stable, margin: 1, reduce: mean }
  - { name: k, source: envoy, codes: ['5xx', 404], max: 1% }
  - { name: l, source: envoy, codes: 4xx, compare: stable, margin: 1% }`;
    const { plans, diagnostics } = await readPlan(yamlPlan({ more: signals }), 'p.yaml');
    expect(diagnostics).to.deep.equal([]);
    const scalar = { interval: 30_000, failureLimit: 0, errorLimit: 4, inconclusiveLimit: 0 };
    expect(plans[0]!.plan.signals).to.deep.equal([
      { name: 'a', source: 'envoy', metric: 'errors', max: 0.005 },
      { name: 'b', source: 'envoy', metric: 'latency', over: 500, max: 0.05 },
      { name: 'c', source: 'envoy', metric: 'errors', margin: 0.002 },
      { ...scalar, name: 'd', source: 'prometheus', query: 'up', min: 1, interval: 5000, failureLimit: 1 },
      { ...scalar, name: 'e', source: 'prometheus', url: 'http://127.0.0.1:9090', preset: 'p95', window: '1m', max: 0.5 },
      {
        ...scalar,
        name: 'f',
        source: 'http',
        url: 'http://127.0.0.1/x',
        method: 'GET',
        interval: 10_000,
        timeout: 2000,
        expect: [204],
        consecutive: 2,
      },
      { name: 'g', source: 'consul', minHealthy: 2, dryRun: true },
      {
        ...scalar,
        name: 'h',
        source: 'prometheus',
        query: 'q{s="{{subset}}"}',
        reduce: 'max',
        compare: { margin: 0.05, worse: 'higher' },
        inconclusiveLimit: 3,
      },
      {
        ...scalar,
        name: 'i',
        source: 'prometheus',
        preset: 'request-rate',
        compare: { margin: 0, worse: 'lower' },
        interval: 120_000,
      },
      {
        ...scalar,
        name: 'j',
        source: 'newrelic',
        query: 'SELECT 1 WHERE s = "{{subset}}" SINCE 30 seconds ago',
        reduce: 'mean',
        compare: { margin: 1, worse: 'higher' },
      },
      { name: 'k', source: 'envoy', metric: 'codes', codes: ['5xx', '404'], max: 0.01 },
      { name: 'l', source: 'envoy', metric: 'codes', codes: ['4xx'], margin: 0.01 },
      { name: 'unanswered', source: 'envoy', metric: 'unanswered', margin: 0.01 },
    ]);
  });

  it('adds unanswered requests to errors that may revert, where no signal judges them, under a name that is free', async () => {
    const namesOf = async (...signals: readonly string[]) => {
      const lines = signals.map((one) => `  - { source: envoy, max: 1%, ${one} }`).join('\n');
      return (await readPlan(yamlPlan({ more: `signals:\n${lines}` }), 'p.yaml')).plans[0]!.plan.signals.map(({ name }) => name);
    };
    expect(await namesOf('name: e, metric: errors')).to.deep.equal(['e', 'unanswered']);
    expect(await namesOf('name: unanswered, metric: errors')).to.deep.equal(['unanswered', 'unanswered-2']);
    expect(await namesOf('name: e, metric: errors', 'name: gone, metric: unanswered')).to.deep.equal(['e', 'gone']);
    expect(await namesOf('name: e, metric: errors, dry_run: true')).to.deep.equal(['e']);
    expect(await namesOf('name: e, codes: 5xx')).to.deep.equal(['e']);
  });

  it('takes a bare whole number as a version, letter by letter', async () => {
    const yaml = await readPlan(
      yamlPlan({ subsets: 'subsets:\n  blue: { version: 007 }\n  green: { version: 20261121 }' }),
      'p.yaml',
    );
    const hcl = await readPlan(
      hclPlan({ subsets: 'subset "blue" { version = 007 }\nsubset "green" { version = 20261121 }' }),
      'p.hcl',
    );
    expect(yaml.plans[0]!.plan.subsets.map((s) => s.version)).to.deep.equal(['007', '20261121']);
    expect(hcl.plans[0]!.digest).to.equal(yaml.plans[0]!.digest);
  });

  it('lets legs bring their own subsets, or name one of the plan', async () => {
    const subsets = 'subsets:\n  blue: { version: "2" }\n  green: { version: "3" }\n  old: { version: "1" }';
    const more = 'legs:\n  dark: { version: "4", weight: 0 }\n  old: { weight: 2.5 }';
    const { plans, diagnostics } = await readPlan(yamlPlan({ subsets, more }), 'p.yaml');
    expect(diagnostics).to.deep.equal([]);
    expect(plans[0]!.plan.subsets.map((s) => s.name)).to.deep.equal(['blue', 'green', 'old', 'dark']);
    expect(plans[0]!.plan.legs).to.deep.equal([
      { subset: 'dark', weight: 0 },
      { subset: 'old', weight: 250 },
    ]);
  });

  it('reads several plans of one text, in both languages', async () => {
    const other = (text: string) => text.replace('payments', 'orders');
    const yaml = await readPlan(`${yamlPlan({})}---\n${other(yamlPlan({}))}---\n# nothing\n`, 'p.yaml');
    const hcl = await readPlan(hclPlan({}) + other(hclPlan({})), 'p.hcl');
    expect(yaml.diagnostics).to.deep.equal([]);
    expect(yaml.plans.map((p) => p.plan.service)).to.deep.equal(['payments', 'orders']);
    expect(hcl.plans.map((p) => p.digest)).to.deep.equal(yaml.plans.map((p) => p.digest));
  });

  it('refuses two plans for one service, but not for one name in two namespaces', async () => {
    expect(await messages(`${yamlPlan({})}---\n${yamlPlan({})}`, 'p.yaml')).to.deep.equal([
      ['two plans for the service "payments"', 9, 10],
    ]);
    expect(await messages(`${yamlPlan({})}---\n${yamlPlan({ more: 'namespace: eu' })}`, 'p.yaml')).to.deep.equal([]);
  });

  it('tells the language of stdin by its first words', async () => {
    for (const text of [
      hclPlan({}),
      `# a plan\n\n${hclPlan({})}`,
      `// a plan\n${hclPlan({})}`,
      `/* a plan */ ${hclPlan({})}`,
      yamlPlan({}),
      `# a plan\n${yamlPlan({})}`,
    ]) {
      expect((await readPlan(text, '-')).plans, text).to.have.length(1);
    }
  });

  it('reads JSON, a byte order mark, Windows lines and the $schema key', async () => {
    const plan = {
      $schema: 'plan.schema.json',
      service: 'payments',
      subsets: { blue: { version: '2' }, green: { version: '3' } },
      steps: [{ weight: 50 }],
    };
    const { digest } = (await readPlan(yamlPlan({}), 'p.yaml')).plans[0]!;
    for (const [text, file] of [
      [JSON.stringify(plan), 'p.json'],
      [`\ufeff${yamlPlan({})}`, 'p.yaml'],
      [yamlPlan({}).replaceAll('\n', '\r\n'), 'p.yaml'],
      [hclPlan({}).replaceAll('\n', '\r\n'), 'p.hcl'],
    ] as const) {
      expect((await readPlan(text, file)).plans.map((p) => p.digest)).to.deep.equal([digest]);
    }
  });

  it('follows aliases of YAML, and is not blown up by them', async () => {
    const aliased =
      'subsets:\n  blue: &two { version: "2" }\n  green: { version: "3" }\nlegs:\n  dark: { version: "4", weight: &w 0 }';
    expect(
      await messages(yamlPlan({ subsets: aliased, steps: 'steps: [{ weight: *w }, { weight: 50 }]' }), 'p.yaml'),
    ).to.deep.equal([]);
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect((await messages(bomb.join('\n'), 'p.yaml')).flat().join()).to.include('nested too deep or too large');
    expect((await messages('a: &a [*a]', 'p.yaml')).flat().join()).to.include('nested too deep or too large');
  });

  it('reads heredocs and block scalars into the same filter', async () => {
    const yaml = await readPlan(
      yamlPlan({ subsets: 'subsets:\n  blue:\n    filter: |\n      Service.Meta.version == "2"\n  green: { version: "3" }' }),
      'p.yaml',
    );
    const hcl = await readPlan(
      hclPlan({
        subsets:
          'subset "blue" {\n  filter = <<-EOT\n    Service.Meta.version == "2"\n  EOT\n}\nsubset "green" { version = "3" }',
      }),
      'p.hcl',
    );
    expect(yaml.plans[0]!.plan.subsets[0]!.filter).to.equal('Service.Meta.version == "2"');
    expect(hcl.plans[0]!.digest).to.equal(yaml.plans[0]!.digest);
  });

  it('refuses a text that could exhaust a parser before one sees it', async () => {
    const brackets = `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const [text, file] of [
      [brackets, 'p.yaml'],
      [brackets.replace(':', ' ='), 'p.hcl'],
      ['- '.repeat(10_000), 'p.yaml'],
    ] as const) {
      expect((await messages(text, file)).flat().join()).to.include('nested too deep');
    }
    expect((await messages(`# ${'x'.repeat(1_000_001)}`, 'p.yaml')).flat()[0]).to.equal('this file is too long for a plan');
  });

  it('says that a text holds no plan', async () => {
    for (const text of ['', '# nothing\n', '---\n---\n'])
      expect(await messages(text, 'p.yaml')).to.deep.equal([['there is no plan in this file', 1, 1]]);
    expect(await messages('# nothing\n', 'p.hcl')).to.deep.equal([['there is no plan in this file', 1, 1]]);
    expect(await messages('- a\n', 'p.yaml')).to.deep.equal([['a plan is a map of keys and values', 1, 1]]);
  });
});

describe('HCL that is not a plan', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['an interpolation', `rollout "x" {\n  stable = "a▼$\{b}"\n}`, `a plan is not computed: $\{…} cannot stand in a text`],
    ['a variable', 'rollout "x" {\n  stable = ▼blue\n}', 'a plan is not computed: only plain values may stand here'],
    ['arithmetic', 'rollout "x" {\n  stable = ▼1 + 2\n}', 'a plan is not computed: only plain values may stand here'],
    ['an unclosed block', 'rollout "x" ▼{\n  stable = "b"\n', 'not valid HCL: this block is never closed'],
    ['an unclosed text', 'rollout "x" {\n  stable = ▼"b\n}\n', 'not valid HCL: this text is never closed'],
    ['single quotes', 'rollout "x" {\n  stable = ▼\'b\'\n}\n', 'not valid HCL: a text takes double quotes in HCL'],
    ['a colon', 'rollout "x" {\n  stable▼: "b"\n}\n', 'not valid HCL: a value follows = in HCL, not :'],
    ['an unknown escape', 'rollout "x" {\n  stable = "▼\\q"\n}\n', 'not valid HCL: \\q is no escape of HCL'],
    ['no value', 'rollout "x" {\n  ▼stable =\n  bake = "1h"\n}\n', 'not valid HCL: "stable" has no value'],
    ['a bracket too many', 'rollout "x" {\n}\n▼}\n', 'not valid HCL: this } closes nothing'],
    ['another block at the top', '▼service "x" {\n}\n', 'only rollout, group and variable blocks may stand here'],
    ['a rollout without a name', '▼rollout {\n}\n', 'a rollout takes one name, that of its service'],
    ['a subset without a name', 'rollout "x" {\n  ▼subset {}\n}\n', 'the block subset takes one name'],
    ['an attribute for a block', 'rollout "x" {\n  ▼step = [1]\n}\n', 'unknown key "step" in the plan'],
    ['a second service', 'rollout "x" {\n  ▼service = "y"\n}\n', 'duplicate key "service"'],
    ['a named step', 'rollout "x" {\n  step ▼"one" {}\n}\n', 'the block step takes no name'],
  ];
  for (const [name, marked, message] of table) {
    it(`is refused at its place: ${name}`, async () => {
      const { text, line, column } = unmark(marked);
      const { plans, diagnostics } = await readPlan(text, 'p.hcl');
      expect(diagnostics.map((d) => [d.message, d.line, d.column])).to.deep.include([message, line, column]);
      expect(plans).to.deep.equal([]);
    });
  }
});

describe('YAML that is not a plan', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['a tab', 'service: x\n▼\tsteps: []\n', 'not valid YAML: a tab cannot indent YAML; use spaces'],
    ['an unclosed text', 'service: x\nstable: ▼"blue\nsteps: []\n', 'not valid YAML: this text is never closed'],
    [
      'an unclosed list',
      'service: x\nsteps: [{ weight: 10 }\n▼stable: blue\n',
      'not valid YAML: a list or map in brackets is not closed before here',
    ],
    ['a key without a value', 'service: x\n▼steps:\n', '"steps" has no value'],
    ['a map as a key', '▼{ a: 1 }: b\n', 'a key must be a word'],
  ];
  for (const [name, marked, message] of table) {
    it(`is refused at its place: ${name}`, async () => {
      const { text, line, column } = unmark(marked);
      expect(await messages(text, 'p.yaml')).to.deep.include([message, line, column]);
    });
  }
});
