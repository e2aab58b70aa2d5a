import { agrees } from './agrees.js';
import type { Entry } from './entries.js';
import { isRecord } from './is-record.js';

/** Where an intention's ends live, as far as anybody says. */
export interface IntentionEnd {
  readonly name: string;
  readonly namespace?: string;
  readonly partition?: string;
}

const ANY = '*';

/** Who may call whom by `service-intentions`; `byDefault` is what holds where none matches, undefined where that is not known. */
export class Intentions {
  readonly #byDestination = new Map<string, Entry[]>();
  readonly #byDefault: boolean | undefined;

  constructor(entries: readonly Entry[], byDefault: boolean | undefined) {
    this.#byDefault = byDefault;
    for (const entry of entries) {
      const name = String(entry.Name);
      const own = this.#byDestination.get(name);
      if (own === undefined) this.#byDestination.set(name, [entry]);
      else own.push(entry);
    }
  }

  /**
   * Whether a source may send anything at all to a destination; undefined where only an unknown default would say. An exact name goes before `*`,
   * the destination's before the source's (Consul's precedence); one with permissions lets in when any of them allows.
   */
  lets(source: IntentionEnd, destination: IntentionEnd): boolean | undefined {
    for (const to of [destination.name, ANY]) {
      const sources = (this.#byDestination.get(to) ?? []).filter((entry) => lives(entry, destination)).flatMap(sourcesOf);
      for (const from of [source.name, ANY]) {
        const match = sources.find((one) => one.Name === from && !one.Peer && !one.SamenessGroup && lives(one, source));
        if (match !== undefined) return allows(match) ?? this.#byDefault;
      }
    }
    return this.#byDefault;
  }
}

/** Undefined where permissions only deny some requests: the default says about the others. */
function allows(source: Entry): boolean | undefined {
  const permissions = Array.isArray(source.Permissions) ? source.Permissions.filter(isRecord) : [];
  if (permissions.length === 0) return source.Action === 'allow';
  return permissions.some(({ Action }) => Action === 'allow') ? true : undefined;
}

function sourcesOf(entry: Entry): readonly Entry[] {
  return Array.isArray(entry.Sources) ? entry.Sources.filter(isRecord) : [];
}

function lives({ Namespace, Partition }: Entry, { namespace, partition }: IntentionEnd): boolean {
  const says = (value: unknown): string => (typeof value === 'string' && value !== ANY ? value : '');
  return agrees(says(Namespace), namespace) && agrees(says(Partition), partition);
}
