import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { Shell } from '../support/shell.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const RUNS = 15;
const PLANS = 1_000;

/** What a bare Node does for the same answer: one HTTP call, printed. */
const BARE = `require('node:http').get(process.env.CONSUL_HTTP_ADDR + '/v1/config/service-splitter/payments', (res) => res.pipe(process.stdout))`;

/** How long `splitter status` takes beside a bare Node that makes one of its HTTP calls, and `validate` of 1,000 plans; whole processes, taken in turns. */
export const bench = {
  name: 'cli',
  async run(report: (line: string) => void): Promise<unknown> {
    const sandbox = await startSandbox({ traffic: 1 });
    const folder = mkdtempSync(join(tmpdir(), 'splitter-bench-'));
    try {
      await new Shell(sandbox.consulAddress).run('ramp payments --to 20 --signal none');
      const env = { ...process.env, CONSUL_HTTP_ADDR: sandbox.consulAddress };
      const [bare, status]: [number[], number[]] = [[], []];
      for (let i = 0; i <= RUNS; i++) {
        const pair = [await time(['-e', BARE], env), await time([MAIN, 'status', 'payments'], env)] as const;
        if (i === 0) continue;
        bare.push(pair[0]);
        status.push(pair[1]);
      }
      for (let i = 0; i < PLANS; i++) writeFileSync(join(folder, `s${i}.yaml`), planOf(`service-${i}`));
      const validate = await time([MAIN, 'validate', folder], env);
      const result = {
        bareMs: median(bare),
        statusMs: median(status),
        aboveMs: median(status.map((ms, i) => ms - bare[i]!)),
        runs: RUNS,
        validate: { plans: PLANS, ms: Math.round(validate) },
      };
      report(`bare node, one HTTP call     median ${result.bareMs} ms of ${RUNS}`);
      report(`splitter status payments     median ${result.statusMs} ms of ${RUNS}`);
      report(`above the bare call          median ${result.aboveMs} ms (pair by pair)`);
      report(`splitter validate, ${PLANS} plans  ${result.validate.ms} ms`);
      return result;
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await sandbox.stop();
    }
  },
};

function time(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, _stdout, stderr) => {
      if (error === null) resolve(performance.now() - began);
      else reject(new Error(`${args.join(' ')}: ${stderr || error.message}`));
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function planOf(service: string): string {
  return `service: ${service}
protocol: http
subsets: { blue: { version: "2" }, green: { version: "3" } }
steps: [{ weight: 10 }, { pause: 5m }, { ramp: { to: 50, by: 10, every: 2m } }, { weight: 100 }]
bake: 1h
signals: [{ name: errors, source: envoy, metric: errors, max: 0.5% }]
`;
}
