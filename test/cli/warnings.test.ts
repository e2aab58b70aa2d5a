import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { environment, MAIN } from '../mesh/program.js';
import { planFile } from '../support/plan-file.js';

const CALLERS = 40;
const CHECKS = Array.from({ length: 15 }, (_, i) => `  - { name: check-${i}, command: [sleep, "0.2"] }`).join('\n');
const PROBES = Array.from(
  { length: 15 },
  (_, i) => `  - { name: probe-${i}, source: exec, command: [sleep, "0.2"], interval: 1s }`,
).join('\n');
const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 20 }, { pause: 1s }, { weight: 100 }]
bake: 1s
checks:
${CHECKS}
signals:
  - { name: errors, source: envoy, metric: errors, max: 5% }
${PROBES}
`;

describe('a usual mesh, with forty callers', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    for (let i = 0; i < CALLERS; i++) {
      const proxy = { Upstreams: [{ DestinationName: 'payments', LocalBindPort: 3_000 + i }] };
      const body = {
        ID: `shop-${i}`,
        Name: `shop-${i}`,
        Address: '127.0.0.1',
        Port: 1,
        Connect: { SidecarService: { Port: 2_000 + i, Proxy: proxy } },
      };
      const answer = await fetch(`${sandbox.consulAddress}/v1/agent/service/register`, {
        method: 'PUT',
        body: JSON.stringify(body),
      });
      expect(answer.status).to.equal(200);
    }
  });
  after(() => sandbox.stop());

  /** Runs the real program; gives its exit code and all of stderr. */
  const run = (line: string): Promise<{ readonly code: number | null; readonly err: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [MAIN, ...line.split(' ')], {
        env: environment(sandbox.consulAddress, {}),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let err = '';
      child.stderr.on('data', (part: Buffer) => {
        err += part.toString();
      });
      child.once('close', (code) => resolve({ code, err }));
    });

  it('makes no command print a warning of Node’s own', async () => {
    const plan = planFile(PLAN);
    for (const [line, code] of [
      [`apply ${plan}`, 0],
      ['doctor payments', 0],
      ['subsets payments', 0],
      [`start ${plan} --foreground`, 0],
      ['status payments', 0],
    ] as const) {
      const ran = await run(line);
      expect(ran.err, line).not.to.match(/\(node:\d+\)|ExceededWarning|--trace-warnings/);
      expect(ran.code, `${line}: ${ran.err}`).to.equal(code);
    }
  }).timeout(120_000);
});
