import type { ServiceRef } from '../core/plan.js';

const TARGET = 'consul_destination_target';
const SUBSET = 'consul_destination_service_subset';
/** The partition that Consul never writes into a target. */
const DEFAULT_PARTITION = 'default';

/**
 * Tells of the series of Envoy's clusters which subset of one service they are about. Consul names a cluster `subset.service.namespace.datacenter` (and a
 * partition before the datacenter, unless it is the default one), and Envoy's own labels cut that at the dots: of a service `pay.ments` they say `pay` in the
 * namespace `ments`. Measured on Consul 1.22.5 and Envoy 1.36.4; the whole name is in `consul_destination_target`, and counts where it is there.
 */
export class ClusterLabels {
  readonly #target: ServiceRef;
  readonly #wanted: readonly string[];
  /** By the whole name; every counter of a cluster has the same. */
  readonly #known = new Map<string, string | undefined>();

  constructor(target: ServiceRef) {
    this.#target = target;
    const { service, namespace, partition, datacenter } = target;
    this.#wanted = Object.entries({ service, namespace, partition, datacenter }).flatMap(([name, value]) =>
      value === undefined ? [] : [`consul_destination_${name}="${value}"`],
    );
  }

  /** The subset that the series with these labels is about, '' for the service as a whole; undefined when it is about another service. */
  subsetOf(labels: string): string | undefined {
    const whole = labelValue(labels, TARGET);
    if (whole === undefined)
      return this.#wanted.every((label) => labels.includes(label)) ? (labelValue(labels, SUBSET) ?? '') : undefined;
    if (this.#known.has(whole)) return this.#known.get(whole);
    const subset = subsetIn(whole, this.#target);
    this.#known.set(whole, subset);
    return subset;
  }
}

/** Under which names Envoy's labels may list the clusters of a service: one with dots under any of its parts. */
export function labelledAs(service: string): readonly string[] {
  return [...new Set(service.split('.'))];
}

function subsetIn(whole: string, { service, namespace, partition, datacenter }: ServiceRef): string | undefined {
  const at = whole.startsWith(`${service}.`) ? 0 : whole.indexOf(`.${service}.`) + 1;
  const subset = whole.slice(0, Math.max(0, at - 1));
  if ((at === 0 && !whole.startsWith(`${service}.`)) || subset.includes('.')) return undefined;
  const place = whole.slice(at + service.length + 1).split('.');
  const [ofNamespace, ofDatacenter] = [place[0], place.at(-1)];
  const ofPartition = place.length === 3 ? place[1] : undefined;
  if (place.length < 2 || place.length > 3 || ofPartition === DEFAULT_PARTITION) return undefined;
  const isThere =
    (namespace === undefined || namespace === ofNamespace) &&
    (partition === undefined || partition === (ofPartition ?? DEFAULT_PARTITION)) &&
    (datacenter === undefined || datacenter === ofDatacenter);
  return isThere ? subset : undefined;
}

/** The value of a label; undefined when it is absent or empty. */
export function labelValue(labels: string, name: string): string | undefined {
  const start = labelStart(labels, name);
  if (start === -1) return undefined;
  const from = start + name.length + 2;
  return labels.slice(from, labels.indexOf('"', from)) || undefined;
}

/** The labels without this one. */
export function withoutLabel(labels: string, name: string): string {
  const start = labelStart(labels, name);
  if (start === -1) return labels;
  const end = labels.indexOf('"', start + name.length + 2) + 1;
  return start === 0 ? labels.slice(end + 1) : labels.slice(0, start - 1) + labels.slice(end);
}

/** Where a label begins; -1 where it is absent. It is called for every line of every page: nothing is copied. */
function labelStart(labels: string, name: string): number {
  const own = `${name}="`;
  if (labels.startsWith(own)) return 0;
  const comma = labels.indexOf(`,${own}`);
  return comma === -1 ? -1 : comma + 1;
}
