import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { gatherValues } from '../../src/plan/given-values.js';
import { printHcl, printYaml } from '../../src/plan/print-plan.js';
import type { Syntax } from '../../src/plan/problem.js';
import { readPlan } from '../../src/plan/read.js';
import { readValues } from '../../src/plan/read-values.js';
import { escapeReferences, parseTemplate } from '../../src/plan/template.js';
import { ANY_PLAN } from './any-plan.js';
import { hclPlan, unmark, yamlPlan } from './spell.js';

const values = (given: Readonly<Record<string, string>>) => gatherValues(new Map(Object.entries(given)), {});

async function read(text: string, syntax: Syntax, given: Readonly<Record<string, string>> = {}) {
  return readPlan(text, 'plan', syntax, values(given));
}

describe('variables of a plan', () => {
  const YAML = yamlPlan({
    subsets: 'subsets:\n  blue: { version: "2" }\n  green: { version: "${var.new}" }',
    steps:
      'steps:\n  - wait: { healthy: "${var.count}" }\n  - weight: ${var.first}\n  - run: { command: [./x, "--n=${var.count}", "${var.count}", "$${var.count}"] }',
    more: 'variables:\n  new: {}\n  count: { default: 2, description: how many }\n  first: { default: 12.5 }',
  });
  const HCL = `variable "new" {}\n${hclPlan({
    subsets: 'subset "blue" { version = "2" }\nsubset "green" { version = var.new }',
    steps: `step {
  wait { healthy = var.count }
}
step { weight = var.first }
step {
  run { command = ["./x", "--n=\${var.count}", "\${ var.count }", "$\${var.count}"] }
}`,
    more: 'variable "count" {\n  default = 2\n  description = "how many"\n}\nvariable "first" { default = 12.5 }',
  })}`;

  it('are in their places before anything else is asked, as what each place takes, alike in both languages', async () => {
    for (const [text, syntax] of [
      [YAML, 'yaml'],
      [HCL, 'hcl'],
    ] as const) {
      const { plans, diagnostics } = await read(text, syntax, { new: '1.10' });
      expect(diagnostics).to.deep.equal([]);
      const { plan } = plans[0]!;
      expect(plan.subsets[1]).to.include({ version: '1.10' });
      expect(plan.steps.slice(0, 2)).to.deep.equal([
        { kind: 'wait', healthy: 2, deadline: 300_000 },
        { kind: 'weight', to: 1250 },
      ]);
      expect(plan.steps[2]).to.have.nested.property('program.command').deep.equal(['./x', '--n=2', '2', '${var.count}']);
      expect(plan.variables).to.deep.equal({ new: '1.10', count: '2', first: '12.5' });
    }
  });

  it("have no type, and Terraform's is told of once", async () => {
    for (const type of ['string', 'list(string)', '"number"']) {
      const { diagnostics } = await read(`variable "new" {\n  type = ${type}\n}\n${HCL.replace(/^.*\n/, '')}`, 'hcl', {
        new: '3',
      });
      expect(diagnostics.map(({ line, column, message, hint }) => [line, column, message, hint])).to.deep.equal([
        [2, 3, 'variable "new" has no type', 'leave it out: its value is what its place takes'],
      ]);
    }
  });

  it('make the digest of a plan whose values are written in their places, and another one with other values', async () => {
    const plain = yamlPlan({
      steps: 'steps:\n  - wait: { healthy: 2 }\n  - weight: 12.5\n  - run: { command: [./x, --n=2, "2", "$${var.count}"] }',
    });
    const { digest } = (await read(plain, 'yaml')).plans[0]!;
    expect((await read(YAML, 'yaml', { new: '3' })).plans[0]!.digest).to.equal(digest);
    expect((await read(HCL, 'hcl', { new: '3' })).plans[0]!.digest).to.equal(digest);
    expect((await read(YAML, 'yaml', { new: '4' })).plans[0]!.digest).to.not.equal(digest);
  });

  it('stand for any value of any plan, in both languages', async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PLAN, fc.infiniteStream(fc.boolean()), async (plan, chances) => {
        const variables: Record<string, { default: unknown }> = {};
        const hide = (value: unknown, key: string): unknown => {
          if (Array.isArray(value)) return value.map((item) => hide(item, ''));
          if (typeof value === 'object' && value !== null)
            return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hide(item, name)]));
          // In HCL these are the names of blocks, which nothing is put into.
          if (['service', 'name'].includes(key) || value === null || chances.next().value === true) return value;
          const name = `v${Object.keys(variables).length}`;
          variables[name] = { default: value };
          return `\${var.${name}}`;
        };
        const hidden = hide(plan, '') as typeof plan;
        const whole = { ...hidden, ...(Object.keys(variables).length === 0 ? {} : { variables }) };
        const hcl = printHcl(whole).replace(/\\u0024\{var\.(v\d+)\}/g, '${var.$1}');
        const { digest } = (await read(stringify(plan), 'yaml')).plans[0]!;
        for (const [text, syntax] of [
          [stringify(whole), 'yaml'],
          [JSON.stringify(whole), 'yaml'],
          [hcl, 'hcl'],
        ] as const) {
          const { plans, diagnostics } = await read(text, syntax);
          expect(
            diagnostics.filter(({ severity }) => severity === 'error'),
            text,
          ).to.deep.equal([]);
          expect(plans[0]!.digest, text).to.equal(digest);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('take the flag before the environment, that before the file, that before the default', async () => {
    const file = readValues('first: 30\ncount: 4\nnew: "9"\n', 'values.yaml').values;
    const env = { SPLITTER_VAR_first: '20', SPLITTER_VAR_new: '8' };
    const { plans } = await readPlan(YAML, 'plan', 'yaml', gatherValues(new Map([['new', '7']]), env, [new Map(), file]));
    expect(plans[0]!.plan.variables).to.deep.equal({ new: '7', first: '20', count: '4' });
  });

  it('are those of all members of a group, and of all rollouts of an HCL file', async () => {
    const group = `group: checkout
variables: { to: { default: 10 } }
subsets: { blue: { version: "2" }, green: { version: "3" } }
services: [{ service: cart }, { service: stock }]
steps: [{ weight: "\${var.to}" }]
`;
    const members = await read(group, 'yaml', { to: '20' });
    expect(members.diagnostics).to.deep.equal([]);
    expect(members.plans.map(({ plan }) => plan.steps)).to.deep.equal(Array(2).fill([{ kind: 'weight', to: 2_000 }]));
    const own = await read(group.replace('service: stock', 'service: stock, variables: {}'), 'yaml');
    expect(own.diagnostics[0]?.message).to.equal('the members of a group have the same variables');
    const rollouts = `variable "to" { default = 30 }\n${hclPlan({ steps: 'step { weight = var.to }' })}${hclPlan({}).replace('payments', 'stock')}`;
    const { plans, diagnostics } = await read(rollouts, 'hcl');
    expect(diagnostics).to.deep.equal([]);
    expect(plans.map(({ plan }) => plan.variables)).to.deep.equal([{ to: '30' }, undefined]);
  });
});

describe('a mistake with variables', () => {
  const table: readonly {
    readonly name: string;
    readonly yaml: string;
    readonly hcl: string;
    readonly message: string;
    readonly hint: string;
    readonly severity?: 'warning';
  }[] = [
    {
      name: 'no value',
      yaml: 'variables: { ▼window: {} }\nbake: ${var.window}',
      hcl: 'variable ▼"window" {}\nbake = var.window',
      message: 'the variable "window" has no value',
      hint: 'type --var window=…, set SPLITTER_VAR_window, or give it a default',
    },
    {
      name: 'a misspelt one',
      yaml: 'variables: { window: { default: 1h } }\ndeadline: ${var.window}\nbake: ▼${var.windw}',
      hcl: 'variable "window" { default = "1h" }\ndeadline = var.window\nbake = "▼${var.windw}"',
      message: 'there is no variable "windw" in this plan',
      hint: 'did you mean "window"?',
    },
    {
      name: 'one that is not used',
      yaml: 'variables: { ▼window: { default: 1h } }',
      hcl: 'variable ▼"window" { default = "1h" }',
      message: 'the variable "window" is used nowhere',
      hint: 'write ${var.window} where its value belongs',
      severity: 'warning',
    },
    {
      name: 'a value that does not fit its place',
      yaml: 'variables: { window: { default: soon } }\nbake: ▼${var.window}',
      hcl: 'variable "window" { default = "soon" }\nbake = ▼var.window',
      message: '"bake" is "soon", which is no duration (var.window)',
      hint: 'write a number and its unit, like 90s, 5m or 1h30m',
    },
    {
      name: 'a default of another one',
      yaml: 'variables: { a: { default: 1h }, b: { default: "▼${var.a}" } }\nbake: ${var.b}\ndeadline: ${var.a}',
      hcl: 'variable "a" { default = "1h" }\nvariable "b" { default = ▼var.a }\nbake = var.b\ndeadline = var.a',
      message: 'a variable is a plain value, and names no other',
      hint: 'write the value itself',
    },
    {
      name: 'a list for a default',
      yaml: 'variables: { window: { default: ▼[1h] } }',
      hcl: 'variable "window" { default = ▼["1h"] }',
      message: '"default" of variable "window" is a list, which is no plain value',
      hint: 'write a text, a number, true or false',
    },
    {
      name: 'a misspelt key',
      yaml: 'variables: { window: { default: 1h, ▼descripton: x } }\nbake: ${var.window}',
      hcl: 'variable "window" {\n  default = "1h"\n  ▼descripton = "x"\n}\nbake = var.window',
      message: 'unknown key "descripton" in variable "window"',
      hint: 'did you mean "description"?',
    },
    {
      name: 'a secret',
      yaml: 'variables: { ▼api_token: { default: 1h } }\nbake: ${var.api_token}',
      hcl: 'variable ▼"api_token" { default = "1h" }\nbake = var.api_token',
      message: 'the values of variables are kept with the plan and shown; "api_token" sounds like a secret',
      hint: 'keep secrets in files, and let the variable name the file',
      severity: 'warning',
    },
  ];
  for (const { name, yaml, hcl, message, hint, severity = 'error' } of table) {
    for (const [syntax, marked] of [
      ['yaml', yamlPlan({ more: yaml })],
      ['hcl', hclPlan({ more: hcl })],
    ] as const) {
      it(`is told at its place, with what to write: ${name} (${syntax})`, async () => {
        const { text, line, column } = unmark(marked);
        const told = (await read(text, syntax)).diagnostics.map((d) => [d.severity, d.message, d.hint, d.line, d.column]);
        expect(told).to.deep.include([severity, message, hint, line, column]);
      });
    }
  }

  it('is told of a name that is none, of one without quotes in braces, and of a file of values', async () => {
    const told = async (text: string) => (await read(text, 'yaml')).diagnostics.map((d) => [d.message, d.hint, d.column]);
    expect(await told(yamlPlan({ more: 'bake: ${var.a-b}' }))).to.deep.equal([
      ['this names no variable', 'write ${var.name}; for the text itself write $${var.…}', 7],
    ]);
    expect(await told(yamlPlan({ more: 'bake: ${var.a' }))).to.have.nested.property('[0][0]', 'this names no variable');
    expect(await told(yamlPlan({ more: 'legs: { dark: { version: ${var.v}, weight: 0 } }' }))).to.deep.equal([
      ['not valid YAML: within { } or [ ] a text with braces stands in quotes', 'write "${var.v}"', 26],
    ]);
    const { values: none, diagnostics } = readValues('a: [1]\nb: 2\n', 'v.yaml');
    expect([...none.keys()]).to.deep.equal(['b']);
    expect(diagnostics.map(({ message, line }) => [message, line])).to.deep.equal([['"a" is no plain value', 1]]);
  });
});

describe('a text that only looks as if it named a variable', () => {
  it('is written so that it reads back letter by letter', async () => {
    const piece = fc.constantFrom('$', '${', '${var.', 'a', '}', '{', '$${var.b}', ' ', 'var.');
    const anyText = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(anyText, (text) => {
        const parts = parseTemplate(escapeReferences(text), () => ({ line: 1, column: 1, length: 1 })) ?? [
          escapeReferences(text),
        ];
        expect(parts.join('')).to.equal(text);
      }),
      { numRuns: 2_000 },
    );
    const plan = {
      service: 'payments',
      subsets: { blue: { version: '2' }, green: { version: '${var.a}' } },
      steps: [{ weight: 5 }],
    };
    for (const [text, syntax] of [
      [printYaml(plan), 'yaml'],
      [printHcl(plan), 'hcl'],
    ] as const)
      expect((await read(text, syntax)).plans[0]?.plan.subsets[1]?.version, text).to.equal('${var.a}');
  });
});
