import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** A server in the form in which New Relic's NerdGraph documents its answers to NRQL: POST /graphql, a user key, one row of results. */
export interface NewRelic {
  readonly address: string;
  /** What a query is answered: the value of the first word that it contains. */
  readonly values: Map<string, number>;
  /** Every NRQL that was asked. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

const asking = z.object({ query: z.string(), variables: z.object({ account: z.number(), nrql: z.string() }) });

/** Starts it on a free port; without this key it refuses, as New Relic does. */
export async function startNewRelic(key: string): Promise<NewRelic> {
  const values = new Map<string, number>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (body: object): void =>
        void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      if (request.method !== 'POST' || request.url !== '/graphql') return void response.writeHead(404).end();
      if (request.headers['api-key'] !== key)
        return answer({ errors: [{ message: 'Invalid API key', extensions: { errorClass: 'UNAUTHORIZED' } }] });
      const { nrql } = asking.parse(JSON.parse(Buffer.concat(chunks).toString())).variables;
      asked.push(nrql);
      const value = [...values].find(([word]) => nrql.includes(word))?.[1];
      const results = value === undefined ? [] : [{ [/^SELECT count/.test(nrql) ? 'count' : 'percentage']: value }];
      return answer({ data: { actor: { account: { nrql: { results } } } } });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    values,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
