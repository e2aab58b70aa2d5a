import type { Counts } from '../../src/core/verdict.js';
import { EnvoySource } from '../../src/signals/envoy.js';
import type { Mesh } from './mesh.js';
import { until } from './until.js';

const ERRORS = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 } as const;
const SETTLE_MS = 10_000;

/** What the envoy source has counted of green since it was made. */
export class GreenCount {
  readonly #envoy: EnvoySource;
  readonly #service: string;
  #skew = 0;
  #counts: Counts = { bad: 0, total: 0 };
  #callers = '';

  constructor(mesh: Mesh, service: string) {
    const get = async (path: string, query: Readonly<Record<string, string>>) => {
      return { body: await mesh.consul.api('GET', `${path}?${new URLSearchParams(query)}`), hidden: false };
    };
    this.#envoy = new EnvoySource({ get }, () => Date.now() + this.#skew);
    this.#service = service;
  }

  /** Looks again, and gives all that was counted so far. */
  async look(): Promise<Counts> {
    const target = { service: this.#service, stable: 'blue', canary: 'green', callers: [] };
    const [reading] = await this.#envoy.read([ERRORS], target, new AbortController().signal);
    const { measurement, query } = reading!;
    this.#callers = / of ((?:\d+ of )?\d+ callers?)/.exec(query)?.[1] ?? '';
    if (measurement.kind === 'counts') {
      const { bad, total } = measurement.canary;
      this.#counts = { bad: this.#counts.bad + bad, total: this.#counts.total + total };
    }
    return this.#counts;
  }

  /** Looks until so many requests are counted, and once more. */
  async settle(total: number): Promise<Counts> {
    await until(`${total} requests are counted`, SETTLE_MS, async () => (await this.look()).total >= total);
    return this.look();
  }

  /** Searches the callers now rather than at the next time, and looks until it reads these, said like `2 callers`. */
  async find(callers: string): Promise<void> {
    await until(`${callers} are read`, SETTLE_MS, async () => {
      // In steps: a clock that leaps ahead of an Envoy's uptime says that this Envoy has just begun.
      this.#skew += 5_000;
      await this.look();
      return this.#callers === callers;
    });
  }
}

/** Splits a service half and half by hand, waits until the sidecars do so (`ask` gives the version that answers), and counts green from there. */
export async function splitByHand(mesh: Mesh, service: string, ask: () => Promise<string | undefined>): Promise<GreenCount> {
  const filters = { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } };
  await mesh.putConfig({ Kind: 'service-resolver', Name: service, Subsets: filters });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const half = (ServiceSubset: string) => ({ Weight: 50, ServiceSubset });
  await mesh.putConfig({ Kind: 'service-splitter', Name: service, Splits: [half('blue'), half('green')] });
  const count = new GreenCount(mesh, service);
  // The class counters of a subset are born with its first answer, and only a sidecar that splits has subsets.
  await until('both versions answer as subsets', SETTLE_MS, async () => {
    await ask();
    return (await count.look()).total > 0;
  });
  const fresh = new GreenCount(mesh, service);
  await fresh.look();
  return fresh;
}
