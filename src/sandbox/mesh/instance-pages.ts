import { type Listener, listen } from './listeners.js';
import type { Received } from './traffic.js';

/** Listeners that wait for a version: deploying one takes no time, and opening a port does. */
const SPARE = 4;

interface Page {
  version: string | undefined;
  readonly listener: Listener;
}

/** The Prometheus endpoints of the instances' sidecars: the instances of a version share one, which counts what all of them answered. */
export class InstancePages {
  readonly #received: Received;
  readonly #service: string;
  readonly #pages: Page[] = [];
  #closed = false;

  constructor(received: Received, service: string) {
    this.#received = received;
    this.#service = service;
  }

  /** Opens ports until some are spare. */
  async open(): Promise<void> {
    while (!this.#closed && this.#pages.filter(({ version }) => version === undefined).length < SPARE) {
      const page: { version: string | undefined } = { version: undefined };
      const listener = await listen((request, response) => {
        const filter = new URL(request.url ?? '/', 'http://proxy').searchParams.get('filter') ?? '';
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=UTF-8' });
        response.end(this.#render(page.version ?? '', filter));
      });
      if (this.#closed) await listener.close();
      else this.#pages.push(Object.assign(page, { listener }));
    }
  }

  /** `host:port` for the instances of this version; undefined when all ports are taken. */
  addressOf(version: string): string | undefined {
    const page = this.#pages.find((one) => one.version === version) ?? this.#pages.find((one) => one.version === undefined);
    if (page !== undefined) page.version = version;
    return page?.listener.address;
  }

  /** Closes all of them, and opens no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#pages.map(({ listener }) => listener.close()));
  }

  /** As Envoy writes what its listener for the mesh answered, by class. */
  #render(version: string, filter: string): string {
    const wanted = new RegExp(filter);
    const lines = [...(this.#received.get(version) ?? [])]
      .filter(([digit]) => wanted.test(`http.public_listener.downstream_rq_${digit}xx`))
      .map(
        ([digit, answers]) =>
          `envoy_http_downstream_rq_xx{envoy_response_code_class="${digit}",local_cluster="${this.#service}",envoy_http_conn_manager_prefix="public_listener"} ${answers}\n`,
      );
    return lines.length === 0 ? '' : `# TYPE envoy_http_downstream_rq_xx counter\n${lines.join('')}`;
  }
}
