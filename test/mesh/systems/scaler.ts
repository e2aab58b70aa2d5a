import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Mesh, SERVICE } from '../mesh.js';
import { type RunningVersion, startVersion } from '../version.js';

/** What a `run` step asks for instances: `POST /scale?version=3&to=2`, the one that the mesh began with among them. Answers when they pass; starts none twice. */
export interface Scaler {
  readonly address: string;
  /** The instances that it has started, in order. */
  readonly started: readonly RunningVersion[];
  /** Ends it and all that it has started. */
  stop(): Promise<void>;
}

/** Starts a scaler for a mesh on a free port. */
export async function startScaler(mesh: Mesh): Promise<Scaler> {
  const started: RunningVersion[] = [];
  const scale = async (version: string, to: number): Promise<void> => {
    while (started.length + 1 < to)
      started.push(await startVersion(mesh.consul, SERVICE, version, `${version}-${started.length + 2}`));
  };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [version, to] = [searchParams.get('version') ?? '', Number(searchParams.get('to'))];
    scale(version, to).then(
      () => response.end(`${started.length + 1} instances of ${version} pass\n`),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    started,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all(started.map((one) => one.end()));
    },
  };
}
