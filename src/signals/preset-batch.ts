import { divideAnswer, type Sent } from './divide-answer.js';
import type { PresetScope } from './prometheus-presets.js';

interface Batch {
  readonly services: Set<string>;
  readonly subsets: Set<string>;
  /** The answer, divided among those who asked. */
  readonly answered: Promise<(service: string, subset: string) => Sent>;
}

/** How long the first who asks waits for others with the same question, ms: far less than any interval. */
const GATHER = 20;

/** Gathers the same preset asked about several services and subsets into one query, so that their number costs Prometheus nothing. */
export class PresetBatches {
  readonly #open = new Map<string, Batch>();

  /** Joins the query that is being gathered under `key`, or begins one; `send` is called once, with all who have joined. */
  async ask(
    key: string,
    service: string,
    subset: string,
    send: (scope: Pick<PresetScope, 'services' | 'subsets'>) => Promise<Sent>,
  ): Promise<Sent> {
    const known = this.#open.get(key);
    if (known !== undefined) {
      known.services.add(service);
      known.subsets.add(subset);
      return (await known.answered)(service, subset);
    }
    const [services, subsets] = [new Set([service]), new Set([subset])];
    const answered = new Promise<void>((resolve) => setTimeout(resolve, GATHER)).then(async () => {
      this.#open.delete(key);
      return divideAnswer(await send({ services: [...services], subsets: [...subsets] }));
    });
    this.#open.set(key, { services, subsets, answered });
    return (await answered)(service, subset);
  }
}
