import { type EntryKind, foreignOwner } from '../core/entries.js';
import type { Subset } from '../core/plan.js';
import { compareVersions, versionOf } from '../core/versions.js';
import { type BasisPoints, fromConsulWeight, WHOLE } from '../core/weights.js';
import type { Diagnostic } from './diagnostic.js';
import { asList, asMap, fieldOf, isEmpty, sameKey, textIn } from './entry-fields.js';
import { given } from './given.js';
import { type PlanNode, type Span, toValue } from './node.js';
import { pickText, type Text } from './plan-text.js';
import { errorAt, type Problem, place, warningAt } from './problem.js';

/** One config entry as it was read, and from which file (or which entry of Consul). */
export interface ReadEntry {
  readonly node: PlanNode;
  readonly file: string;
}

/** Plans that fit the entries, one a service, in their written names; and what they cannot say. Where there is an error, its service has no plan. */
export interface Imported {
  readonly plans: readonly Text[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a plan takes from each kind, or takes for granted; all else is told. */
const KNOWN: Readonly<Record<EntryKind, readonly string[]>> = {
  'service-defaults': ['Protocol'],
  'service-resolver': ['DefaultSubset', 'Subsets'],
  'service-splitter': ['Splits'],
  'service-router': [],
};
const EVERYWHERE = ['Kind', 'Name', 'Namespace', 'Partition', 'Meta', 'Hash', 'CreateIndex', 'ModifyIndex'];
const PROTOCOLS = ['http', 'http2', 'grpc'];
const STAYS = 'it stays as it is in Consul: splitter keeps what it does not know';

/** Makes a plan for each service from its config entries; `known` gives subsets of a service where no resolver among them does. */
export function importEntries(
  entries: readonly ReadEntry[],
  known: (service: string) => readonly Subset[] | undefined = () => undefined,
): Imported {
  const diagnostics: Diagnostic[] = [];
  const services = new Map<string, Map<EntryKind, ReadEntry>>();
  for (const entry of entries) {
    const problem = sort(entry, services);
    if (problem !== undefined) diagnostics.push(place(problem, entry.file, entry.node));
  }
  const plans = [...services].flatMap(([service, kinds]) => {
    const draft = new Draft(service, kinds, known(service));
    const plan = draft.write();
    diagnostics.push(...draft.diagnostics);
    return plan === undefined ? [] : [plan];
  });
  return { plans, diagnostics };
}

/** Puts the entry to its service; or says why not. */
function sort(entry: ReadEntry, services: Map<string, Map<EntryKind, ReadEntry>>): Problem | undefined {
  const [kind, name] = [textIn(entry.node, 'Kind'), textIn(entry.node, 'Name')];
  const at = fieldOf(entry.node, 'Kind')?.keySpan ?? entry.node.span;
  if (kind === undefined || name === undefined)
    return errorAt([], at, 'a config entry needs a kind and a name', 'write Kind = "service-resolver" and Name = "payments"');
  if (!Object.hasOwn(KNOWN, kind)) return warningAt([], at, `${kind}/${name} is nothing that a plan says`, STAYS);
  const kinds = services.get(name) ?? new Map<EntryKind, ReadEntry>();
  services.set(name, kinds);
  const first = kinds.get(kind as EntryKind);
  if (first !== undefined) return errorAt([], at, `a second ${kind}/${name}`, `the first is in ${first.file}; keep one`);
  kinds.set(kind as EntryKind, entry);
  return undefined;
}

interface Leg {
  readonly subset: string;
  readonly weight: BasisPoints;
}

/** The plan of one service, while it is being made. */
class Draft {
  readonly diagnostics: Diagnostic[] = [];
  readonly #service: string;
  readonly #kinds: ReadonlyMap<EntryKind, ReadEntry>;
  readonly #known: readonly Subset[] | undefined;

  constructor(service: string, kinds: ReadonlyMap<EntryKind, ReadEntry>, known: readonly Subset[] | undefined) {
    this.#service = service;
    this.#kinds = kinds;
    this.#known = known;
  }

  /** The plan; undefined where there cannot be one. */
  write(): Text | undefined {
    for (const [kind, entry] of this.#kinds) this.#tellUnsaid(kind, entry);
    const subsets = this.#subsets();
    const byDefault = textIn(this.#kinds.get('service-resolver')?.node, 'DefaultSubset');
    const legs = this.#legs(byDefault);
    if (subsets.size < 2) this.#tellTooFew([...subsets.keys()], legs);
    if (this.diagnostics.some(({ severity }) => severity === 'error')) return undefined;
    const stable = byDefault ?? this.#guessStable([...subsets.keys()], legs, subsets);
    const canary = pickCanary(stable, subsets, legs);
    const further = legs.filter(({ subset }) => subset !== stable && subset !== canary && subsets.has(subset));
    const [some] = this.#kinds.values();
    const used = new Set([stable, canary, ...further.map(({ subset }) => subset)]);
    this.#tellLeftOut([...subsets.keys()].filter((name) => !used.has(name)));
    const room = WHOLE - further.reduce((sum, { weight }) => sum + weight, 0);
    return {
      service: this.#service,
      ...given('namespace', textIn(some?.node, 'Namespace')),
      ...given('partition', textIn(some?.node, 'Partition')),
      ...given('protocol', this.#protocol()),
      subsets: Object.fromEntries([...subsets].filter(([name]) => used.has(name)).map(([name, one]) => [name, pickText(one)])),
      stable,
      ...(further.length === 0
        ? {}
        : { legs: Object.fromEntries(further.map(({ subset, weight }) => [subset, { weight: weight / 100 }])) }),
      steps: stepsFrom(legs.find(({ subset }) => subset === canary)?.weight ?? 0, room),
    };
  }

  #subsets(): ReadonlyMap<string, Subset> {
    const resolver = this.#kinds.get('service-resolver');
    const field = fieldOf(resolver?.node, 'Subsets');
    const own = asMap(field?.value).map(({ key: name, keySpan, value }) => {
      const filter = textIn(value, 'Filter')?.trim() ?? '';
      if (filter === '')
        this.#tell(
          resolver!,
          errorAt(
            [],
            keySpan,
            `the subset "${name}" has no filter, so it is every instance`,
            'give it a filter like Service.Meta.version == "2"',
          ),
        );
      for (const { key, keySpan: at, value: said } of asMap(value))
        if (!sameKey(key, 'Filter') && !isEmpty(said)) this.#tell(resolver!, unsaid(key, at));
      return { name, filter, ...given('version', versionOf(filter)) };
    });
    const known = (this.#known ?? []).filter(({ name }) => !own.some((one) => one.name === name));
    return new Map([...own, ...known].map((subset) => [subset.name, subset]));
  }

  #legs(byDefault: string | undefined): readonly Leg[] {
    const splitter = this.#kinds.get('service-splitter');
    return asList(fieldOf(splitter?.node, 'Splits')?.value).flatMap((split): Leg[] => {
      const other = fieldOf(split, 'Service');
      const elsewhere = textIn(split, 'Service');
      if (elsewhere !== undefined && elsewhere !== this.#service) {
        this.#tell(
          splitter!,
          errorAt(
            [],
            other!.value.span,
            `this leg leads to another service (${elsewhere}); a rollout is between subsets of one`,
            'a plan cannot take this splitter over',
          ),
        );
        return [];
      }
      for (const { key, keySpan, value } of asMap(split))
        if (
          !['Weight', 'ServiceSubset', 'Service', 'Namespace', 'Partition'].some((name) => sameKey(name, key)) &&
          !isEmpty(value)
        )
          this.#tell(splitter!, unsaid(key, keySpan));
      const subset = textIn(split, 'ServiceSubset') ?? byDefault;
      if (subset !== undefined) return [{ subset, weight: fromConsulWeight(Number(textIn(split, 'Weight') ?? 0)) }];
      this.#tell(
        splitter!,
        warningAt([], split.span, 'this leg names no subset, so a plan cannot say what it is', 'name one: ServiceSubset'),
      );
      return [];
    });
  }

  #protocol(): string | undefined {
    const entry = this.#kinds.get('service-defaults');
    const field = fieldOf(entry?.node, 'Protocol');
    const protocol = textIn(entry?.node, 'Protocol');
    if (entry === undefined || field === undefined || protocol === undefined) return undefined;
    if (PROTOCOLS.includes(protocol.toLowerCase())) return protocol.toLowerCase();
    this.#tell(
      entry,
      warningAt(
        [],
        field.value.span,
        `Consul cannot split ${protocol}, so the plan says no protocol`,
        'if the service speaks HTTP, say so: protocol: http',
      ),
    );
    return undefined;
  }

  #guessStable(names: readonly string[], legs: readonly Leg[], subsets: ReadonlyMap<string, Subset>): string {
    const heaviest = [...legs].sort((a, b) => b.weight - a.weight);
    if (heaviest[0] !== undefined && heaviest[0].weight > (heaviest[1]?.weight ?? 0)) return heaviest[0].subset;
    const oldest = [...names].sort((a, b) => compareVersions(looseVersion(subsets.get(a)), looseVersion(subsets.get(b))))[0]!;
    const [kind, entry] = [...this.#kinds][0]!;
    this.#tell(
      entry,
      warningAt(
        [],
        entry.node.span,
        `nothing says which subset users are on; ${oldest} is taken`,
        `look at stable in the plan, or set DefaultSubset (${kind}/${this.#service} is here)`,
      ),
    );
    return oldest;
  }

  #tellTooFew(names: readonly string[], legs: readonly Leg[]): void {
    const resolver = this.#kinds.get('service-resolver');
    const [first] = this.#kinds.values();
    const entry = resolver ?? first!;
    const what = names.length === 0 ? 'no subset' : `the subset ${names[0]} only`;
    const message =
      resolver === undefined
        ? `there is no service-resolver/${this.#service} among these, so nothing says which instances ${legs.map(({ subset }) => subset).join(' and ') || 'the subsets'} are`
        : `service-resolver/${this.#service} has ${what}; a rollout is between two`;
    this.#tell(
      entry,
      errorAt(
        [],
        fieldOf(entry.node, 'Subsets')?.keySpan ?? entry.node.span,
        message,
        resolver === undefined
          ? `name its file too, or take it from Consul: splitter import ${this.#service}`
          : 'add the other subset',
      ),
    );
  }

  #tellLeftOut(names: readonly string[]): void {
    const resolver = this.#kinds.get('service-resolver');
    for (const { key, keySpan } of asMap(fieldOf(resolver?.node, 'Subsets')?.value))
      if (names.includes(key))
        this.#tell(
          resolver!,
          warningAt([], keySpan, `the subset "${key}" carries nothing, so it is left out of the plan`, STAYS),
        );
  }

  #tellUnsaid(kind: EntryKind, entry: ReadEntry): void {
    const owner = foreignOwner({ entry: { Meta: metaIn(entry.node) }, modifyIndex: 0 });
    if (owner !== undefined)
      this.#tell(
        entry,
        warningAt(
          [],
          fieldOf(entry.node, 'Meta')!.keySpan,
          `this entry belongs to ${owner}, so splitter will not write it`,
          'delete external-source from its Meta once nothing else writes it',
        ),
      );
    for (const { key, keySpan, value } of asMap(entry.node))
      if (![...EVERYWHERE, ...KNOWN[kind]].some((name) => sameKey(name, key)) && !isEmpty(value))
        this.#tell(entry, unsaid(key, keySpan));
  }

  #tell({ file, node }: ReadEntry, problem: Problem): void {
    this.diagnostics.push(place(problem, file, node));
  }
}

function unsaid(key: string, at: Span): Problem {
  return warningAt([], at, `a plan does not say ${key}`, STAYS);
}

function metaIn(node: PlanNode): unknown {
  return Object.fromEntries(asMap(fieldOf(node, 'Meta')?.value).map(({ key, value }) => [key, toValue(value, () => true)]));
}

/** Of several subsets besides stable: the one with traffic; of several of those, or where there is none, the newest. */
function pickCanary(stable: string, subsets: ReadonlyMap<string, Subset>, legs: readonly Leg[]): string {
  const others = [...subsets.keys()].filter((name) => name !== stable);
  const split = others.filter((name) => legs.some(({ subset }) => subset === name));
  const carrying = split.filter((name) => legs.some(({ subset, weight }) => subset === name && weight > 0));
  const among = [carrying, split, others].find((names) => names.length > 0)!;
  return [...among].sort((a, b) => compareVersions(looseVersion(subsets.get(a)), looseVersion(subsets.get(b)))).at(-1)!;
}

/** To where canary stands and on to all that the further legs leave; from nothing, by way of 10 % and half. A person lets it go on. */
function stepsFrom(canary: BasisPoints, room: BasisPoints): readonly Text[] {
  const way = canary > 0 && canary < room ? [canary] : [1_000, 5_000].filter((weight) => weight < room);
  return [...way.flatMap((weight) => [{ weight: weight / 100 }, { pause: {} }]), { weight: room / 100 }];
}

/** The version that a filter compares with, in whatever spelling, for telling the older of two. */
function looseVersion(subset: Subset | undefined): string {
  return /Service\.Meta\.version\s*==\s*["`]?([^"`\s)]+)/.exec(subset?.filter ?? '')?.[1] ?? '';
}
