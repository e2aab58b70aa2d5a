import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a service's own Prometheus endpoint tells beside its requests: deploy jobs and probes of its login. Counters may be set while it runs. */
export interface JobMetrics {
  /** host:port, for a scrape. */
  readonly address: string;
  failedJobs: number;
  failedProbes: number;
  /** Closes the endpoint, so that Prometheus finds it down; resolves when it is closed. */
  stop(): Promise<void>;
  /** Opens it again at the same address. */
  restart(): Promise<void>;
}

/** Starts the endpoint on a free port of 127.0.0.1. */
export async function startJobMetrics(): Promise<JobMetrics> {
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const metrics: JobMetrics = {
    address: `127.0.0.1:${port}`,
    failedJobs: 0,
    failedProbes: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    restart: async () => {
      server = await listen(port);
    },
  };
  return metrics;

  function listen(at: number): Promise<Server> {
    const made = createServer((_request, response) =>
      response.end(
        `deploy_jobs_total{result="ok"} 12\ndeploy_jobs_total{result="failed"} ${metrics.failedJobs}\nauth_probe_failures_total ${metrics.failedProbes}\n`,
      ),
    );
    return new Promise((resolve, reject) => {
      made.once('error', reject).listen(at, '127.0.0.1', () => resolve(made));
    });
  }
}
