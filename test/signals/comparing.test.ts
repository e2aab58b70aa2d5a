import { expect } from 'chai';
import type { PrometheusSignal } from '../../src/core/plan.js';
import { createSignalSource } from '../../src/signals/registry.js';
import { FakeCatalog, type Local, NEVER, PAYMENTS, realPrograms, serve } from './fakes.js';

const vector = (...values: string[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });

describe('comparing numbers of both subsets', () => {
  const answers = new Map<string | null, string>();
  let server: Local;
  let asked: (string | null)[];

  beforeEach(async () => {
    asked = [];
    server = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        const query = new URLSearchParams(text).get('query');
        asked.push(query);
        response.end(answers.get(query) ?? vector());
      });
    });
    answers.set('q{s="green"}', vector('3')).set('q{s="blue"}', vector('2'));
  });
  afterEach(() => server.close());

  const measure = async () => {
    const signal: PrometheusSignal = {
      name: 'slower',
      source: 'prometheus',
      query: 'q{s="{{subset}}"}',
      compare: { margin: 0, worse: 'higher' },
      url: `http://${server.address}`,
      interval: 30_000,
      failureLimit: 0,
      errorLimit: 4,
    };
    const options = {
      catalog: new FakeCatalog(),
      countReady: async () => 1,
      runProgram: realPrograms,
      env: {},
      now: () => 1_000,
    };
    const readings = await createSignalSource(options).read([signal], PAYMENTS, NEVER);
    expect(readings).to.have.length(1);
    return readings[0]!;
  };

  it('asks the same of both subsets, once each, and keeps both queries and answers', async () => {
    const { query, raw, measurement } = await measure();
    expect(measurement).to.deep.equal({ kind: 'pair', canary: 3, stable: 2 });
    expect([...asked].sort()).to.deep.equal(['q{s="blue"}', 'q{s="green"}']);
    expect(query).to.equal('q{s="green"} (canary); q{s="blue"} (stable)');
    expect(raw).to.equal(`${vector('3')} (canary); ${vector('2')} (stable)`);
  });

  it('has no pair where one side has no data, and says which', async () => {
    answers.set('q{s="blue"}', vector());
    expect((await measure()).measurement).to.deep.equal({ kind: 'none', why: 'stable: the query returns no series' });
  });

  it('tells an error before a lack of data', async () => {
    answers.set('q{s="green"}', vector()).set('q{s="blue"}', '<html>');
    expect((await measure()).measurement).to.deep.equal({
      kind: 'error',
      why: 'stable: the answer of Prometheus is no JSON: <html>; check the url',
    });
  });
});
