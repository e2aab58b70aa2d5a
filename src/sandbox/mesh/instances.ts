import { reportCheck } from '../consul/checks.js';
import type { CheckStatus } from '../consul/records.js';
import { deregisterFromAgent, registerWithAgent } from '../consul/registration.js';
import type { State } from '../consul/state.js';

const FIRST_PORT = 9_100;

/** Registers instances of a version, each with a passing check and a sidecar that stands and falls with it, whose counters are at `metricsAddress`. Returns their ids. */
export function deployVersion(
  state: State,
  service: string,
  version: string,
  count: number,
  metricsAddress: string | undefined,
): string[] {
  const config = metricsAddress === undefined ? {} : { Config: { envoy_prometheus_bind_addr: metricsAddress } };
  const ids = Array.from({ length: count }, (_, i) => `${service}-${version}-${i + 1}`);
  for (const id of ids) {
    registerWithAgent(state, {
      ID: id,
      Name: service,
      Address: '127.0.0.1',
      Port: FIRST_PORT + state.services.size,
      Meta: { version },
      Check: { CheckID: `service:${id}`, Name: 'ready', TTL: '24h', Status: 'passing' },
      Connect: { SidecarService: { Checks: [{ Name: `Connect Sidecar Aliasing ${id}`, AliasService: id }], Proxy: config } },
    });
  }
  return ids;
}

/** Registers a caller of the service; its sidecar's counters are at `metricsAddress`. */
export function registerCaller(state: State, caller: string, service: string, metricsAddress: string): void {
  registerWithAgent(state, {
    ID: `${caller}-1`,
    Name: caller,
    Address: '127.0.0.1',
    Port: FIRST_PORT + state.services.size,
    Check: { CheckID: `service:${caller}-1`, Name: 'ready', TTL: '24h', Status: 'passing' },
    Connect: {
      SidecarService: {
        Checks: [{ Name: `Connect Sidecar Aliasing ${caller}-1`, AliasService: `${caller}-1` }],
        Proxy: {
          Upstreams: [{ DestinationName: service, LocalBindPort: 9191 }],
          Config: { envoy_prometheus_bind_addr: metricsAddress },
        },
      },
    },
  });
}

/** Takes all the instances of a version, with their sidecars, out of the catalog. */
export function stopVersion(state: State, service: string, version: string): void {
  for (const id of instanceIds(state, service, version)) deregisterFromAgent(state, id);
}

/** Sets the check of all the instances of a version. */
export function reportVersion(state: State, service: string, version: string, status: CheckStatus): void {
  for (const id of instanceIds(state, service, version)) {
    const check = state.checks.get(`${state.nodeName}/service:${id}`);
    if (check !== undefined) reportCheck(state, check, status, `set to ${status} in the sandbox`);
  }
}

function instanceIds(state: State, service: string, version: string): string[] {
  const own = [...state.services.values()].filter((record) => record.Service === service && record.Meta?.version === version);
  return own.map((record) => record.ID);
}
