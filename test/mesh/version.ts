import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsulAgent } from './consul.js';
import { type Instance, type InstanceOptions, startInstance } from './instance.js';
import { type ServiceApp, startServiceApp } from './service.js';

const DRAIN_MS = 1_000;

/** A version of the service in the mesh: the application, its registration and its sidecar. */
export interface RunningVersion {
  readonly app: ServiceApp;
  readonly instance: Instance;
  /** Deregisters it, gives callers a second to turn away, then ends sidecar and application. */
  leave(): Promise<void>;
  /** Ends sidecar and application at once; the registration stays. */
  end(): Promise<void>;
}

/** Starts one instance of a version of a service and waits until callers may reach it; its id is the service and `name`. */
export async function startVersion(
  consul: ConsulAgent,
  service: string,
  version: string,
  name = version,
  more: Pick<InstanceOptions, 'weights'> = {},
): Promise<RunningVersion> {
  const app = await startServiceApp(version);
  const options = { service, id: `${service}-${name}`, port: app.port, meta: { version }, ...more };
  const instance = await startInstance(consul, options).catch(async (error) => {
    await app.stop();
    throw error;
  });
  const end = async (): Promise<void> => {
    await instance.sidecar.stop();
    await app.stop();
  };
  return {
    app,
    instance,
    end,
    leave: async () => {
      await instance.deregister();
      await sleep(DRAIN_MS);
      await end();
    },
  };
}
