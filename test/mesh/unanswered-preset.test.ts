import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { presetQuery } from '../../src/signals/prometheus-presets.js';
import { until } from '../support/shell.js';
import { type Prometheus, startPrometheus } from './prometheus.js';

/** 100 requests a second, of which 20 are always under way. */
const RPS = 100;
const WAITING = 20;
const LABELS = '{consul_destination_service="payments",consul_destination_service_subset="green"}';
const QUERY = presetQuery('unanswered-ratio', { services: ['payments'], subsets: ['green'] }, '5s');

/** The counters of a caller whose sidecar came up when it was first asked; `gaveUp` is the share of the requests that get no answer. */
class Caller {
  gaveUp = 0;
  #total = 0;
  #cancelled = 0;
  #at = 0;

  page(): string {
    const now = Date.now();
    const sent = this.#at === 0 ? WAITING : Math.round(((now - this.#at) / 1_000) * RPS);
    this.#at = now;
    this.#total += sent;
    this.#cancelled += Math.round(sent * this.gaveUp);
    const counters = {
      total: this.#total,
      completed: this.#total - WAITING - this.#cancelled,
      active: WAITING,
      cancelled: 0,
      retry: 0,
    };
    return Object.entries(counters)
      .map(
        ([name, value]) =>
          `# TYPE envoy_cluster_upstream_rq_${name} gauge\nenvoy_cluster_upstream_rq_${name}${LABELS} ${value}\n`,
      )
      .join('');
  }
}

describe('the preset unanswered-ratio, asked of a real Prometheus', () => {
  let caller = new Caller();
  let server: Server;
  let prometheus: Prometheus;
  before(async () => {
    server = createServer((_request, response) => response.end(caller.page()));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    prometheus = await startPrometheus([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
  });
  after(async () => {
    await prometheus?.stop();
    server.closeAllConnections();
    server.close();
  });
  const value = async (): Promise<number | undefined> => (await prometheus.query(QUERY))[0]?.value;

  /** Every value until the counters of `seconds` more were read. */
  async function values(seconds: number): Promise<readonly number[]> {
    const seen: number[] = [];
    const end = Date.now() + seconds * 1_000;
    await until(`${seconds} s are over`, async () => {
      const now = await value();
      if (now !== undefined) seen.push(now);
      return Date.now() > end;
    });
    return seen;
  }

  it('is 0 from the first answer on while everything is answered, though counters are young', async () => {
    await until('it has a value', async () => (await value()) !== undefined);
    const seen = await values(5);
    expect(Math.max(...seen)).to.be.below(0.001);
  });

  it('is the share of those that got none', async () => {
    caller.gaveUp = 0.2;
    await until('it is a fifth', async () => Math.abs(((await value()) ?? 0) - 0.2) < 0.02);
  });

  it('counts on after the caller’s sidecar was started anew', async () => {
    caller = new Caller();
    expect(Math.max(...(await values(6)))).to.be.below(0.3);
    expect(await value()).to.be.below(0.001);
    caller.gaveUp = 0.2;
    await until('it is a fifth again', async () => Math.abs(((await value()) ?? 0) - 0.2) < 0.02);
  });
});
