import { createServer } from 'node:net';

// Below the range from which the kernel takes the ports of outgoing connections, so that no connection of a
// running load can take a port between the moment it is chosen and the moment a program listens on it.
const LOWEST = 12_000;
const HIGHEST = 32_000;
const given = new Set<number>();

/** `count` loopback ports on which nothing listens; none of them was given before by this process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** One free loopback port; see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
