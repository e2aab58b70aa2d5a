import { type Local, serve } from './fakes.js';

/** One series: its labels (with `__name__`) and its value at a time in ms; undefined where there is no sample. */
export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly valueAt: (at: number) => number | undefined;
}

/** A query_range as it was asked, in seconds. */
export interface RangeCall {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** A Prometheus that answers query_range as its documentation says, for plain selectors, `group by (le) (selector)` and queries given by text. */
export class FakePrometheus {
  readonly calls: RangeCall[] = [];
  series: FakeSeries[] = [];
  answers: Record<string, FakeSeries[]> = {};
  #server: Local | undefined;

  async start(): Promise<void> {
    this.#server = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        const { status, body } = this.#answer(request.url ?? '', new URLSearchParams(text));
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  get url(): string {
    return `http://${this.#server!.address}`;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  #answer(path: string, form: URLSearchParams): { status: number; body: object } {
    const refuse = (error: string): { status: number; body: object } => ({
      status: 400,
      body: { status: 'error', errorType: 'bad_data', error },
    });
    if (path !== '/api/v1/query_range') return { status: 404, body: {} };
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name))) as [number, number, number];
    const query = form.get('query') ?? '';
    this.calls.push({ query, start, end, step });
    if ((end - start) / step > 11_000)
      return refuse(
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    const series = this.#select(query);
    if (series === undefined) return refuse(`invalid parameter "query": parse error: ${query}`);
    const result = series.flatMap(({ labels, valueAt }) => {
      const values: [number, string][] = [];
      for (let i = 0; start + i * step <= end + 1e-9; i++) {
        const at = start + i * step;
        const value = valueAt(Math.round(at * 1_000));
        if (value !== undefined) values.push([at, String(value)]);
      }
      return values.length === 0 ? [] : [{ metric: labels, values }];
    });
    return { status: 200, body: { status: 'success', data: { resultType: 'matrix', result } } };
  }

  #select(query: string): readonly FakeSeries[] | undefined {
    const given = this.answers[query];
    if (given !== undefined) return given;
    const grouped = /^group(?: by \(le\) )?\((.*)\)$/s.exec(query);
    const [, name, matchers] = /^(\w*)\{(.*)\}$/s.exec(grouped?.[1] ?? query) ?? [];
    if (name === undefined) return undefined;
    const wanted = [...(matchers ?? '').matchAll(/(\w+)(=~|=)"((?:[^"\\]|\\.)*)"/g)].map(([, label, operator, value]) => {
      const text = value!.replaceAll('\\\\', '\\');
      return { label: label!, fits: (one: string) => (operator === '=' ? one === text : new RegExp(`^(?:${text})$`).test(one)) };
    });
    const found = this.series.filter(
      ({ labels }) => (name === '' || labels.__name__ === name) && wanted.every(({ label, fits }) => fits(labels[label] ?? '')),
    );
    if (grouped === null) return found;
    return [...new Set(found.map(({ labels }) => labels.le ?? ''))].map((le) => ({ labels: { le }, valueAt: () => 1 }));
  }
}

/** The labels of an Envoy counter of payments as Prometheus has scraped it from one caller. */
export function pastLabels(
  name: string,
  subset: string,
  more: Readonly<Record<string, string>>,
  instance = '10.0.0.1:9102',
): Readonly<Record<string, string>> {
  return {
    __name__: `envoy_cluster_${name}`,
    job: 'envoy',
    instance,
    consul_destination_service: 'payments',
    consul_destination_service_subset: subset,
    ...more,
  };
}
