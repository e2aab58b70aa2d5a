import { type EntryKind, foreignOwner } from '../core/entries.js';
import { weightOf } from '../core/legs.js';
import type { Subset } from '../core/plan.js';
import { findStable, isStableRefusal } from '../core/stable.js';
import { versionOf } from '../core/versions.js';
import { fromConsulWeight, WHOLE } from '../core/weights.js';
import type { Diagnostic } from './diagnostic.js';
import { asList, asMap, fieldOf, isEmpty, sameKey, textIn } from './entry-fields.js';
import { given } from './given.js';
import {
  disagrees,
  elsewhere,
  guessed,
  leftOut,
  noFilter,
  noResolver,
  noSubset,
  owned,
  tooFew,
  unknowable,
  unknownSubset,
  unsaid,
  unsplittable,
} from './import-problems.js';
import { type Leg, looseVersion, oldestOf, pickCanary, stepsFrom } from './import-roles.js';
import { type PlanNode, toValue } from './node.js';
import { pickText, type Text } from './plan-text.js';
import { type Problem, place } from './problem.js';

/** One config entry as it was read, and from which file (or which entry of Consul). */
export interface ReadEntry {
  readonly node: PlanNode;
  readonly file: string;
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

/** Whether a plan says anything of entries of this kind. */
export function isPlanKind(kind: string): kind is EntryKind {
  return Object.hasOwn(KNOWN, kind);
}

/** The plan of one service, while it is being made. */
export class Draft {
  readonly diagnostics: Diagnostic[] = [];
  readonly #service: string;
  readonly #kinds: ReadonlyMap<EntryKind, ReadEntry>;
  readonly #known: readonly Subset[] | undefined;
  /** What legs to other services keep. */
  #elsewhere = 0;

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
    else this.#tellUnknown(legs.filter(({ subset }) => !subsets.has(subset)));
    if (this.diagnostics.some(({ severity }) => severity === 'error')) return undefined;
    const told = this.#stable(byDefault, legs, subsets);
    const stable = told ?? oldestOf([...subsets.keys()], subsets);
    const canary = pickCanary(stable, subsets, legs);
    const further = legs.filter(({ subset }) => subset !== stable && subset !== canary && subsets.has(subset));
    const [some] = this.#kinds.values();
    const used = new Set([stable, canary, ...further.map(({ subset }) => subset)]);
    this.#tellLeftOut([...subsets.keys()].filter((name) => !used.has(name)));
    const room = WHOLE - this.#elsewhere - further.reduce((sum, { weight }) => sum + weight, 0);
    return {
      service: this.#service,
      ...given('namespace', textIn(some?.node, 'Namespace')),
      ...given('partition', textIn(some?.node, 'Partition')),
      ...given('protocol', this.#protocol()),
      subsets: Object.fromEntries([...subsets].filter(([name]) => used.has(name)).map(([name, one]) => [name, pickText(one)])),
      ...given('stable', told),
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
      if (filter === '') this.#tell(resolver!, noFilter(keySpan, name));
      for (const { key, keySpan: at, value: said } of asMap(value))
        if (!sameKey(key, 'Filter') && !isEmpty(said)) this.#tell(resolver!, unsaid(at, key));
      return { name, filter, ...given('version', versionOf(filter)) };
    });
    const known = (this.#known ?? []).filter(({ name }) => !own.some((one) => one.name === name));
    return new Map([...own, ...known].map((subset) => [subset.name, subset]));
  }

  #legs(byDefault: string | undefined): readonly Leg[] {
    const splitter = this.#kinds.get('service-splitter');
    const legs = asList(fieldOf(splitter?.node, 'Splits')?.value).flatMap((split): Leg[] => {
      const other = fieldOf(split, 'Service');
      const service = textIn(split, 'Service');
      if (service !== undefined && service !== this.#service) {
        this.#tell(splitter!, elsewhere(other!.value.span, service));
        this.#elsewhere += fromConsulWeight(Number(textIn(split, 'Weight') ?? 0));
        return [];
      }
      for (const { key, keySpan, value } of asMap(split))
        if (
          !['Weight', 'ServiceSubset', 'Service', 'Namespace', 'Partition'].some((name) => sameKey(name, key)) &&
          !isEmpty(value)
        )
          this.#tell(splitter!, unsaid(keySpan, key));
      const subset = textIn(split, 'ServiceSubset') ?? byDefault;
      if (subset !== undefined) return [{ subset, weight: fromConsulWeight(Number(textIn(split, 'Weight') ?? 0)) }];
      this.#tell(splitter!, noSubset(split.span));
      return [];
    });
    const names = [...new Set(legs.map(({ subset }) => subset))];
    return names.map((subset) => ({ subset, weight: weightOf(legs, subset) }));
  }

  #protocol(): string | undefined {
    const entry = this.#kinds.get('service-defaults');
    const field = fieldOf(entry?.node, 'Protocol');
    const protocol = textIn(entry?.node, 'Protocol');
    if (entry === undefined || field === undefined || protocol === undefined) return undefined;
    if (PROTOCOLS.includes(protocol.toLowerCase())) return protocol.toLowerCase();
    this.#tell(entry, unsplittable(field.value.span, protocol));
    return undefined;
  }

  /** As findStable tells it; where the default subset disagrees, what the weights say is drafted and that is told; undefined where nothing says it. */
  #stable(byDefault: string | undefined, legs: readonly Leg[], subsets: ReadonlyMap<string, Subset>): string | undefined {
    const split = this.#kinds.get('service-splitter') === undefined ? undefined : legs;
    const slots = [...subsets.values()].map((subset) => ({ ...subset, ...given('version', looseVersion(subset) || undefined) }));
    const found = findStable({ service: this.#service, slots, record: undefined, legs: split, byDefault, named: undefined });
    const [entry] = this.#kinds.values();
    if (!isStableRefusal(found)) {
      if (found.by === 'order') this.#tell(entry!, guessed(entry!.node.span, found.subset, found.why));
      return found.subset;
    }
    const carrying = legs.filter(({ weight }) => weight > 0);
    if (carrying.length === 1 && byDefault !== undefined) {
      const resolver = this.#kinds.get('service-resolver')!;
      const at = fieldOf(resolver.node, 'DefaultSubset')?.keySpan ?? resolver.node.span;
      this.#tell(resolver, disagrees(at, byDefault, carrying[0]!.subset));
      return carrying[0]!.subset;
    }
    this.#tell(entry!, unknowable(entry!.node.span, [...subsets.keys()]));
    return undefined;
  }

  #tellTooFew(names: readonly string[], legs: readonly Leg[]): void {
    const resolver = this.#kinds.get('service-resolver');
    const [first] = this.#kinds.values();
    if (resolver === undefined)
      this.#tell(
        first!,
        noResolver(
          first!.node.span,
          this.#service,
          legs.map(({ subset }) => subset),
        ),
      );
    else this.#tell(resolver, tooFew(fieldOf(resolver.node, 'Subsets')?.keySpan ?? resolver.node.span, this.#service, names));
  }

  #tellUnknown(legs: readonly Leg[]): void {
    const splitter = this.#kinds.get('service-splitter');
    const at = fieldOf(splitter?.node, 'Splits')?.keySpan;
    if (at !== undefined) for (const { subset } of legs) this.#tell(splitter!, unknownSubset(at, subset));
  }

  #tellLeftOut(names: readonly string[]): void {
    const resolver = this.#kinds.get('service-resolver');
    for (const { key, keySpan } of asMap(fieldOf(resolver?.node, 'Subsets')?.value))
      if (names.includes(key)) this.#tell(resolver!, leftOut(keySpan, key));
  }

  #tellUnsaid(kind: EntryKind, entry: ReadEntry): void {
    const owner = foreignOwner({ entry: { Meta: metaIn(entry.node) }, modifyIndex: 0 });
    if (owner !== undefined) this.#tell(entry, owned(fieldOf(entry.node, 'Meta')!.keySpan, owner));
    for (const { key, keySpan, value } of asMap(entry.node))
      if (![...EVERYWHERE, ...KNOWN[kind]].some((name) => sameKey(name, key)) && !isEmpty(value))
        this.#tell(entry, unsaid(keySpan, key));
  }

  #tell({ file, node }: ReadEntry, problem: Problem): void {
    this.diagnostics.push(place(problem, file, node));
  }
}

function metaIn(node: PlanNode): unknown {
  return Object.fromEntries(asMap(fieldOf(node, 'Meta')?.value).map(({ key, value }) => [key, toValue(value, () => true)]));
}
