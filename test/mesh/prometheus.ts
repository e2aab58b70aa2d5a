import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.js';
import { freePort } from './ports.js';
import { findTool } from './tools/find.js';
import { until } from './until.js';

const BOOT_MS = 20_000;

/** One series of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A running Prometheus. */
export interface Prometheus {
  /** http://127.0.0.1:PORT */
  readonly address: string;
  readonly pid: number;
  /** The series of an instant query that gives a vector; rejects with what Prometheus says. */
  query(promql: string): Promise<readonly Sample[]>;
  stop(): Promise<void>;
}

/** What a Prometheus does besides: further scrape jobs by name, and files of rules that it evaluates every second. */
export interface PrometheusOptions {
  readonly jobs?: Readonly<Record<string, readonly string[]>>;
  readonly rules?: readonly string[];
}

/** Starts an empty Prometheus that scrapes /metrics of `targets` (host:port) every second, on any free port or where one was before. */
export async function startPrometheus(
  targets: readonly string[],
  at?: string,
  { jobs = {}, rules = [] }: PrometheusOptions = {},
): Promise<Prometheus> {
  const port = at === undefined ? await freePort() : Number(new URL(at).port);
  const folder = mkdtempSync(join(tmpdir(), 'splitter-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  const scrapes = Object.entries({ envoy: targets, ...jobs }).map(([job_name, targets]) => ({
    job_name,
    static_configs: [{ targets }],
  }));
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  writeFileSync(config, JSON.stringify({ global, scrape_configs: scrapes, rule_files: rules }));
  const address = `http://127.0.0.1:${port}`;
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = await startChild(findTool('prometheus'), flags, join(folder, 'prometheus.log'));
  const stop = (): Promise<void> => child.stop().then(() => rmSync(folder, { recursive: true, force: true }));
  try {
    await until('prometheus', BOOT_MS, async () => (await fetch(`${address}/-/ready`)).ok, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, pid: child.pid, stop, query: (promql) => query(address, promql) };
}

async function query(address: string, promql: string): Promise<readonly Sample[]> {
  const answer = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(promql)}`);
  const reply = (await answer.json()) as Reply;
  if (reply.status !== 'success') throw new Error(`${promql}: ${reply.error}`);
  return reply.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

type Reply =
  | { status: 'success'; data: { result: { metric: Record<string, string>; value: [number, string] }[] } }
  | { status: 'error'; error: string };
