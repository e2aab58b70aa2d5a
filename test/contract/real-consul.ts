import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { askAt, type Booted } from './ask.js';

const BOOT_MS = 20_000;

/** Starts `consul agent -dev` from CONSUL_BIN or PATH on free loopback ports; rejects with what to do when there is no such binary. */
export async function bootRealConsul(): Promise<Booted> {
  const [http, lan, rpc] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ['-http-port', http, '-serf-lan-port', lan, '-server-port', rpc, '-serf-wan-port', -1, '-dns-port', -1];
  const args = [
    'agent',
    '-dev',
    '-node',
    'sandbox',
    '-bind',
    '127.0.0.1',
    '-grpc-port',
    -1,
    '-grpc-tls-port',
    -1,
    ...ports,
    '-log-level',
    'error',
  ];
  const agent = spawn(process.env.CONSUL_BIN ?? 'consul', args.map(String), { stdio: 'ignore' });
  const failed = new Promise<never>((_resolve, reject) => {
    agent.once('error', () =>
      reject(new Error('no consul to test against: set CONSUL_BIN to a Consul 1.22.5 binary, or put one on PATH')),
    );
    agent.once('exit', (code) => reject(new Error(`consul agent ended with code ${code} before it was ready`)));
  });
  const address = `http://127.0.0.1:${http}`;
  await Promise.race([untilReady(address), failed]);
  return { address, stop: () => end(agent) };
}

async function untilReady(address: string): Promise<void> {
  const ask = askAt(address);
  const deadline = Date.now() + BOOT_MS;
  while (Date.now() < deadline) {
    const ready = await ask('GET', '/v1/health/service/consul?passing').catch(() => undefined);
    if (ready?.status === 200 && ready.json.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`consul agent was not ready within ${BOOT_MS / 1000} s`);
}

function end(agent: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (agent.exitCode !== null) return resolve();
    agent.once('exit', () => resolve());
    agent.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
