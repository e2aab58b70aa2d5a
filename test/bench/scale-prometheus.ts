import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every preset about every service and subset that it names: a healthy share of errors, a healthy latency. */
export interface FakePrometheus {
  readonly address: string;
  /** Queries so far. */
  asked(): number;
  stop(): Promise<void>;
}

const HEALTHY = { share: '0.001', milliseconds: '80' };

/** Starts it on a free port of this machine. */
export async function startFakePrometheus(): Promise<FakePrometheus> {
  let asked = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked++;
      const inUrl = new URL(request.url ?? '', 'http://prometheus').searchParams.get('query');
      const query = inUrl ?? new URLSearchParams(Buffer.concat(parts).toString()).get('query') ?? '';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: answer(query) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(query: string): readonly object[] {
  const value = query.includes('histogram_quantile') ? HEALTHY.milliseconds : HEALTHY.share;
  const named = (label: string): readonly string[] =>
    (new RegExp(`${label}=~?"([^"]*)"`).exec(query)?.[1] ?? '').replace(/\\/g, '').split('|');
  const subsets = named('consul_destination_service_subset');
  return named('consul_destination_service').flatMap((service) =>
    subsets.map((subset) => ({
      metric: { consul_destination_service: service, consul_destination_service_subset: subset },
      value: [Date.now() / 1_000, value],
    })),
  );
}
