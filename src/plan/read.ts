import type { Plan, ServiceRef } from '../core/plan.js';
import { checkBounds } from './bounds.js';
import { checkRules } from './check-rules.js';
import type { Diagnostic } from './diagnostic.js';
import { canonicalPlan, digestPlan } from './digest.js';
import { type GivenValues, NO_VALUES } from './given-values.js';
import { expandGroup, type Member } from './group.js';
import { findLater } from './later.js';
import { find, locate, type Path, type PlanNode, prune, type Span, toValue } from './node.js';
import { normalise } from './normalise.js';
import { findOpenSecrets } from './open-secrets.js';
import { errorAt, type Problem, place, type Syntax } from './problem.js';
import { planSchema } from './schema.js';
import { describeIssues } from './sentences.js';
import { settleKinds } from './settle-kinds.js';
import { type Substituted, substitute } from './substitute.js';
import { sniffSyntax } from './syntax.js';
import { readYaml, type Trees } from './yaml.js';

/** A plan as it was read: its normal form, the file, and the sha256 of its canonical JSON. `at` is where its service is named. */
export interface PlanDocument {
  readonly plan: Plan;
  readonly file: string;
  readonly digest: string;
  readonly canonical: string;
  readonly at: Span;
}

/** Plans, and all that is wrong with them; a plan with an error is not among the plans. */
export interface PlansRead {
  readonly plans: PlanDocument[];
  readonly diagnostics: Diagnostic[];
  /** The names of all variables; undefined where a text could not be read far enough to know them. */
  readonly variables: readonly string[] | undefined;
}

/** Reads all plans of one text with these values for their variables, as YAML or HCL by the name of the file (or by its first words). Never throws on any text. */
export async function readPlan(
  text: string,
  file: string,
  syntax: Syntax = sniffSyntax(text, file),
  given: GivenValues = NO_VALUES,
): Promise<PlansRead> {
  const plain = text.replace(/^\ufeff/, '');
  const { roots, problems } = await readTrees(plain, syntax);
  const diagnostics = problems.map((problem) => place(problem, file));
  if (roots.length === 0 && problems.length === 0) {
    const hint = syntax === 'hcl' ? 'write rollout "service" { … }' : 'a plan starts with service: and the name of the service';
    diagnostics.push(place(errorAt([], START, 'there is no plan in this file', hint), file));
  }
  const plans: PlanDocument[] = [];
  const filled = roots.map((root) => substitute(root, given, syntax));
  const used = new Set(filled.flatMap(({ values }) => Object.keys(values)));
  for (const { root, problems: wrong, unused } of filled) {
    const idle = unused.filter(({ path }) => !used.has(String(path[1])));
    for (const problem of [...wrong, ...idle].map((one) => place(one, file, root)))
      if (isNews(problem, diagnostics)) diagnostics.push(problem);
  }
  for (const { root, group, values } of filled.flatMap((one) => expand(one, file, diagnostics))) {
    const { plan: own, found } = readTree(root, syntax);
    const news = found.map((problem) => place(problem.problem, file, problem.root)).filter((one) => isNews(one, diagnostics));
    diagnostics.push(...news);
    if (own === undefined || problems.some((p) => p.severity === 'error')) continue;
    const began = Object.keys(values).length === 0 ? {} : { variables: values };
    const plan = { ...own, ...(group === undefined ? {} : { group }), ...began };
    plans.push({ plan, file, digest: digestPlan(plan), canonical: canonicalPlan(plan), at: locate(root, ['service'], 'value') });
  }
  diagnostics.push(...findTwins(plans));
  const variables = roots.length === 0 ? undefined : filled.flatMap(({ declared }) => declared);
  return { plans, diagnostics: diagnostics.sort((a, b) => a.line - b.line || a.column - b.column), variables };
}

/** The plans of a tree; none where its variables are not in order, for all else that is wrong might follow from that. */
function expand(
  { root, problems: found, values }: Substituted,
  file: string,
  diagnostics: Diagnostic[],
): readonly (Member & Pick<Substituted, 'values'>)[] {
  if (found.some(({ severity }) => severity === 'error')) return [];
  const { members, problems } = expandGroup(root);
  diagnostics.push(...problems.map((problem) => place(problem, file, root)));
  return members.map((member) => ({ ...member, values }));
}

/** What is wrong with what several plans share would be told again for each. */
function isNews({ line, column, message }: Diagnostic, told: readonly Diagnostic[]): boolean {
  return !told.some((one) => one.line === line && one.column === column && one.message === message);
}

/** An error for each plan whose service has a plan already, earlier in the list. */
export function findTwins(plans: readonly PlanDocument[]): Diagnostic[] {
  const seen = new Map<string, PlanDocument>();
  return plans.flatMap((document) => {
    const key = serviceKey(document.plan);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, document);
      return [];
    }
    const message = `two plans for the service "${document.plan.service}"`;
    const problem = errorAt(['service'], document.at, message, `the first is at ${first.file}:${first.at.line}; keep one`);
    return [place(problem, document.file)];
  });
}

/** A text that is the same for plans of the same service: by name, namespace, partition and datacenter. */
export function serviceKey({ service, namespace, partition, datacenter }: ServiceRef): string {
  return JSON.stringify([service, namespace, partition, datacenter]);
}

const START: Span = { line: 1, column: 1, length: 1 };

async function readTrees(text: string, syntax: Syntax): Promise<Trees> {
  const outOfBounds = checkBounds(text);
  if (outOfBounds !== undefined) return { roots: [], problems: [outOfBounds] };
  return syntax === 'hcl' ? (await import('./hcl.js')).readHcl(text) : readYaml(text);
}

interface Located {
  readonly problem: Problem;
  readonly root: PlanNode;
}

function readTree(whole: PlanNode, syntax: Syntax): { plan?: Plan; found: Located[] } {
  if (whole.kind !== 'map') {
    const problem = errorAt(
      [],
      'value',
      'a plan is a map of keys and values',
      'a plan starts with service: and the name of the service',
    );
    return { found: [{ problem, root: whole }] };
  }
  const refused = [findLater(whole), findOpenSecrets(whole)];
  const gone = new Set(refused.flatMap(({ paths }) => paths.map((path) => JSON.stringify(path))));
  const root = settleKinds(gone.size === 0 ? whole : prune(whole, (path) => gone.has(JSON.stringify(path))));
  const found: Located[] = refused.flatMap(({ problems }) => problems.map((problem) => ({ problem, root: whole })));
  const value = toValue(root, isVersion);
  const parsed = planSchema.safeParse(value);
  const more = parsed.success
    ? gone.size === 0
      ? checkRules(parsed.data)
      : []
    : describeIssues(parsed.error.issues, { root, value, syntax });
  found.push(...more.map((problem) => ({ problem: withVariables(problem, root), root })));
  if (!parsed.success || found.some(({ problem }) => problem.severity === 'error')) return { found };
  return { plan: normalise(parsed.data), found };
}

/** A problem with a value that came from variables says which: what is to be mended is not written at its place. */
function withVariables(problem: Problem, root: PlanNode): Problem {
  const node = find(root, problem.path);
  if (node?.kind !== 'scalar' || node.from === undefined || problem.at === 'key') return problem;
  return { ...problem, message: `${problem.message} (${node.from.map((name) => `var.${name}`).join(', ')})` };
}

/** A version may be written as a bare whole number: it is taken letter by letter. */
function isVersion(path: Path): boolean {
  return path.length === 3 && (path[0] === 'subsets' || path[0] === 'legs') && path[2] === 'version';
}
