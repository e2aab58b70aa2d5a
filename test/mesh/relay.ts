import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay on 127.0.0.1 that can stand still as a stopped process does: connections stay, and nothing passes. */
export interface Relay {
  /** http://127.0.0.1:PORT. */
  readonly address: string;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Starts a relay to an address (http://host:port). */
export async function startRelay(to: string): Promise<Relay> {
  const { hostname: host, port } = new URL(to);
  const sockets = new Set<Socket>();
  let isPaused = false;
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on('data', (chunk) => other.write(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    if (isPaused) socket.pause();
  };
  const server = createServer((inner) => {
    const outer = connect(Number(port), host);
    keep(inner, outer);
    keep(outer, inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const turn = (paused: boolean): void => {
    isPaused = paused;
    for (const socket of sockets) socket[paused ? 'pause' : 'resume']();
  };
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pause: () => turn(true),
    resume: () => turn(false),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
