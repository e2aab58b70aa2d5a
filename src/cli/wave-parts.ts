import { ConsulClient } from '../consul/client.js';
import { FreezeKey } from '../consul/freeze-key.js';
import { ConsulKv } from '../consul/kv.js';
import { ConsulMesh } from '../consul/mesh.js';
import { type ConsulFlags, resolveSettings } from '../consul/settings.js';
import { Store } from '../consul/store.js';
import type { SiteParts } from '../controller/wave-site.js';
import type { Plan, Wave } from '../core/plan.js';
import type { Context } from './context.js';
import { createSignals } from './signals.js';

/** The parts of a wave's own Consul. No token or certificate of home goes there: each is named by the wave, as a file. */
export function openWave(context: Context, wave: Wave, plan: Plan): SiteParts {
  const { address, name: _, ...named } = wave;
  const flags: ConsulFlags = { httpAddr: address, ...named };
  const client = new ConsulClient(resolveSettings(flags, {}));
  const { datacenter: __, ...elsewhere } = plan;
  client.scopeTo({ ...elsewhere, ...(wave.datacenter === undefined ? {} : { datacenter: wave.datacenter }) });
  const mesh = new ConsulMesh(client);
  const kv = new ConsulKv(client);
  const there: Context = { ...context, client, mesh, store: new Store(kv, context.prefix) };
  return {
    mesh,
    freeze: new FreezeKey(kv, context.prefix),
    signals: createSignals(there, plan),
    log: there.store,
    programs: context.programs,
    clock: context.clock,
    close: () => client.destroy(),
  };
}
