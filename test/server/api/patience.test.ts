import { expect } from 'chai';
import { createApi } from '../../../src/server/api/api.js';
import type { Desk } from '../../../src/server/api/desk.js';
import { type Serving, serve } from '../../../src/server/http.js';

/** Longer than the server waits for anything but an answer of its own. */
const SLOW = 500;
const PATIENCE = 100;

describe("the server's patience with its own answers", () => {
  let server: Serving;
  let done = 0;
  afterEach(() => server.close());

  async function start(): Promise<void> {
    const slowly = async <T>(answer: T): Promise<T> => {
      await new Promise((resolve) => setTimeout(resolve, SLOW));
      done++;
      return answer;
    };
    const desk = {
      services: () => [],
      sightOf: () => undefined,
      now: () => Date.now(),
      listPlans: () => slowly([]),
      readStatus: async () => ({ modifyIndex: null, rollout: null }),
      act: () => slowly({ kind: 'done', changed: true, message: 'aborted' }),
    } as unknown as Desk;
    const api = createApi({
      desk,
      rules: { readAuth: false, anonymousActions: true },
      allowedHosts: [],
      host: '127.0.0.1',
      about: { controller: 'c1', version: '1' },
      onAction: () => undefined,
      onFault: () => undefined,
    });
    const health = { sinceTurn: () => 0, readiness: () => ({ consul: true, membership: true, list: true }) };
    const metrics = { contentType: 'text/plain', text: async () => '' };
    server = await serve({ port: 0, health, metrics, api, patience: PATIENCE });
    done = 0;
  }

  it('lasts for an action until it is done', async () => {
    await start();
    const answer = await fetch(`${server.address}/v1/rollouts/payments/actions/abort`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, done]).to.deep.equal([200, 1]);
    expect(await answer.json()).to.include({ changed: true, message: 'aborted' });
  });

  it('lasts for a read', async () => {
    await start();
    const answer = await fetch(`${server.address}/v1/plans`);
    expect([answer.status, done]).to.deep.equal([200, 1]);
  });
});
