import type { Stage } from './stage.js';

/** A situation that `splitter doctor payments` names: how it comes about, what is typed against it, and what the line that names it has to say. */
export interface DoctorTrouble {
  readonly title: string;
  make(stage: Stage): Promise<unknown>;
  readonly cure: string;
  readonly says: RegExp;
}

const FILTERS = { blue: 'Service.Meta.version == "2"', green: 'Service.Meta.version == "3"' };
const subsets = (change: Readonly<Record<string, object>> = {}): object =>
  Object.fromEntries(Object.entries(FILTERS).map(([name, Filter]) => [name, { Filter, ...change[name] }]));
const resolver = (more: object = {}): object => ({
  Kind: 'service-resolver',
  Name: 'payments',
  Subsets: subsets(),
  ...more,
});
const write = (entry: object): string => `consul config write - <<< '${JSON.stringify(entry)}'`;
const instance = (Meta: object): object => ({
  ID: 'payments-3c',
  Name: 'payments',
  Port: 9_300,
  Meta: { version: '3' },
  Check: { CheckID: 'payments-3c', Name: 'ready', TTL: '24h', Status: 'passing' },
  Connect: {
    SidecarService: {
      Port: 21_300,
      Meta,
      Proxy: { Config: { envoy_prometheus_bind_addr: '127.0.0.1:9102' } },
      Checks: [{ Name: 'beside', AliasService: 'payments-3c' }],
    },
  },
});

/** Broken situations, each from a healthy `payments` with an applied plan (blue 2, green 3, blue stable). */
export const DOCTOR_TROUBLES: readonly DoctorTrouble[] = [
  {
    title: 'A filter that Consul keeps and cannot evaluate',
    make: (stage) => stage.put(resolver({ Subsets: subsets({ blue: { Filter: 'Service.meta.version == "2"' } }) })),
    cure: write(resolver()),
    says: /filter of subset blue .*Service\.meta.*write Service\.Meta, not Service\.meta.*consul config write/s,
  },
  {
    title: 'A list that is asked like a text',
    make: (stage) => stage.put(resolver({ Subsets: subsets({ green: { Filter: '"v3" in Service.Tag' } }) })),
    cure: write(resolver()),
    says: /filter of subset green .*write Service\.Tags, not Service\.Tag.*consul config write/s,
  },
  {
    title: 'The mesh speaks tcp to the service',
    make: async (stage) => {
      // Consul takes that only as long as nothing is split.
      await stage.type('consul config delete -kind service-splitter -name payments');
      await stage.put({ Kind: 'service-defaults', Name: 'payments', Protocol: 'tcp' });
    },
    cure: write({ Kind: 'service-defaults', Name: 'payments', Protocol: 'http' }),
    says: /speaks tcp to payments.*consul config write/s,
  },
  {
    title: 'A redirect stands above the splitter',
    make: async (stage) => {
      await stage.put({ Kind: 'service-defaults', Name: 'payments-eu', Protocol: 'http' });
      await stage.put({ Kind: 'service-resolver', Name: 'payments', Redirect: { Service: 'payments-eu' } });
    },
    cure: write(resolver()),
    says: /redirects to payments-eu.*consul config write/s,
  },
  {
    title: 'Somebody else owns an entry that would be written',
    make: (stage) => stage.put(resolver({ Meta: { 'external-source': 'kubernetes' } })),
    cure: write(resolver()),
    says: /belongs to kubernetes.*consul config write/s,
  },
  {
    title: 'A router leads past the splitter',
    make: (stage) =>
      stage.put({
        Kind: 'service-router',
        Name: 'payments',
        Routes: [{ Match: { HTTP: { PathPrefix: '/v2' } }, Destination: { ServiceSubset: 'green' } }],
      }),
    cure: 'consul config delete -kind service-router -name payments',
    says: /1 of 1 routes .* go past the splitter.*consul config delete/s,
  },
  {
    title: 'A timeout that no splitter keeps',
    make: (stage) => stage.put(resolver({ RequestTimeout: '60s' })),
    cure: write({
      Kind: 'service-router',
      Name: 'payments',
      Routes: [{ Match: { HTTP: { PathPrefix: '/' } }, Destination: { RequestTimeout: '60s' } }],
    }),
    says: /RequestTimeout .* is ignored behind a splitter.*consul config write/s,
  },
  {
    title: 'Everything is frozen',
    make: (stage) => stage.say('freeze on --reason launch'),
    cure: 'splitter freeze off',
    says: /frozen by dana \(launch\).*splitter freeze off/s,
  },
  {
    title: 'Instances in warning, of a subset that takes passing ones only',
    make: (stage) => {
      stage.sandbox.setHealth('2', 'warning');
      return stage.put(resolver({ Subsets: subsets({ blue: { OnlyPassing: true } }) }));
    },
    cure: write(resolver()),
    says: /blue.* warning.*OnlyPassing/s,
  },
  {
    title: 'The stable version is gone',
    make: async (stage) => stage.sandbox.stopInstances('2'),
    cure: 'curl -X PUT "$CONSUL_HTTP_ADDR/sandbox/deploy?version=2&instances=2"',
    says: /blue \(stable\).*nothing to go back to/s,
  },
  {
    title: "A sidecar that does not carry the service's version",
    make: async (stage) => {
      stage.sandbox.stopInstances('3');
      await stage.register(instance({ team: 'payments' }));
    },
    cure: `curl -X PUT "$CONSUL_HTTP_ADDR/v1/agent/service/register" --data '${JSON.stringify(instance({ team: 'payments', version: '3' }))}'`,
    says: /green has no passing sidecar.*a sidecar with Meta of its own does not inherit the service's version/s,
  },
];
