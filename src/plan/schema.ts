import { z } from 'zod';
import { DEFAULTS } from '../core/defaults.js';
import { formatDuration } from '../core/duration.js';
import { ARROW, consulName, duration, durationOrZero, percent, share, subsetName } from './leaf.js';
import { notifySchema } from './schema-notify.js';
import { checkSchema, hooksSchema, runSchema } from './schema-programs.js';
import { routeSchema } from './schema-route.js';
import { scheduleSchema } from './schema-schedule.js';
import { signalSchema } from './schema-sources.js';
import { variablesSchema } from './schema-variables.js';

const version = z
  .string({ error: `is no text${ARROW}put the version in quotes` })
  .min(1, { error: `is empty${ARROW}write the version, or a filter` })
  .describe('Value of Service.Meta.version that picks the instances');
const filter = z.string().describe('Consul filter that picks the instances, like Service.Meta.version == "2"');

const subset = z
  .strictObject({ version: version.optional(), filter: filter.optional() })
  .meta({ title: 'Subset', description: 'The instances of one version: `version` or `filter`, exactly one of them' });

const leg = z
  .strictObject({
    version: version.optional(),
    filter: filter.optional(),
    weight: percent().describe('Fixed share of the traffic, in percent; 0 for a dark leg'),
  })
  .meta({ title: 'Leg', description: 'A further subset of fixed weight' });

const forPerson = z
  .strictObject({
    deadline: duration().optional().describe('Longest time to wait for a person; then as on.step_timeout says'),
  })
  .meta({ title: 'Wait for a person' });

const pause = z
  .union([duration(), forPerson], {
    error: `is no pause${ARROW}write a time like 5m, or {} to wait for a person`,
  })
  .describe('Time to stay at the weight; {} waits for a person');

const analyse = z
  .strictObject({
    for: duration().describe('Time to watch; with min_requests it ends sooner once the evidence is clear'),
    min_requests: z.int().min(0).default(DEFAULTS.minRequests).describe('Requests that canary must have seen'),
    early: z
      .boolean()
      .default(true)
      .describe('With min_requests: end before the time is over once 99% sure that every count is within its bound'),
  })
  .describe('Watch the signals; passes on time, on requests, and when no signal points to harm');

const wait = z
  .strictObject({
    healthy: z.int().min(1).default(DEFAULTS.wait.healthy).describe('Passing canary instances to wait for'),
    deadline: duration().default(formatDuration(DEFAULTS.wait.deadline)).describe('Longest time to wait for them'),
  })
  .describe('Wait for ready canary instances: those that Consul sends requests to');

const ramp = z
  .strictObject({
    to: percent().describe('Weight to end at, in percent'),
    by: percent().describe('How much to add each time, in percent'),
    every: duration().describe('Time between two weights'),
  })
  .describe('Shorthand for weights with pauses between them, from the weight before it');

/** The steps by their one key, in the order of the union below. */
export const STEP_SCHEMAS = {
  weight: z.strictObject({ weight: percent().describe('Share of canary, in percent') }).meta({ title: 'Weight' }),
  pause: z.strictObject({ pause }).meta({ title: 'Pause' }),
  analyse: z.strictObject({ analyse }).meta({ title: 'Analyse' }),
  wait: z.strictObject({ wait }).meta({ title: 'Wait' }),
  ramp: z.strictObject({ ramp }).meta({ title: 'Ramp' }),
  run: z.strictObject({ run: runSchema }).meta({ title: 'Run' }),
} as const;

const step = z.union([
  STEP_SCHEMAS.weight,
  STEP_SCHEMAS.pause,
  STEP_SCHEMAS.analyse,
  STEP_SCHEMAS.wait,
  STEP_SCHEMAS.ramp,
  STEP_SCHEMAS.run,
]);

const on = z
  .strictObject({
    no_data: z
      .enum(['wait', 'hold', 'revert'])
      .default(DEFAULTS.on.noData)
      .describe('No request reached canary in a step that needs evidence'),
    drift: z.enum(['hold', 'adopt', 'reassert']).default(DEFAULTS.on.drift).describe('Somebody else changed the weights'),
    step_timeout: z.enum(['revert', 'hold']).default(DEFAULTS.on.stepTimeout).describe('A step took longer than step_timeout'),
    new_version: z
      .enum(['supersede', 'queue', 'reject'])
      .default(DEFAULTS.on.newVersion)
      .describe('Another plan of the service is started: go back to stable and begin it, begin it afterwards, or refuse it'),
    driver_lost: z
      .enum(['hold', 'continue', 'revert'])
      .default('hold')
      .describe(
        'The terminal that drives it is gone, and a controller finds it so: hold it for a person, drive it on, or take it back',
      ),
    signal_error: z
      .enum(['hold', 'revert'])
      .default(DEFAULTS.on.signalError)
      .describe('A signal could not be measured; hold: until it can again'),
  })
  .prefault({})
  .describe('What to do when something unforeseen happens');

const path = (what: string) => z.string().min(1).optional().describe(what);

const wave = z
  .strictObject({
    name: subsetName().describe('What it is called in records and messages'),
    address: z.string().min(1).describe('Address of its own Consul, as CONSUL_HTTP_ADDR takes it'),
    datacenter: consulName().optional().describe('Its datacenter; default that of the agent at the address'),
    token_file: path('File that holds the token for it'),
    ca_file: path('File of the certificate authority'),
    ca_path: path('Folder of certificate authorities'),
    client_cert: path('File of the client certificate'),
    client_key: path('File of the key of the client certificate'),
    tls_server_name: z.string().min(1).optional().describe('Name to expect in its certificate'),
  })
  .meta({ title: 'Wave', description: 'A further Consul cluster that is rolled out when the one before it is promoted' });

/** The schema of a plan as it is written, in YAML names. Shape only: what two values mean together is checked by `checkRules`. */
export const planSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Address of this schema, for editors; ignored'),
    variables: variablesSchema,
    service: consulName().describe('The service whose traffic moves'),
    namespace: consulName().optional().describe('Namespace of the service (Consul Enterprise)'),
    partition: consulName().optional().describe('Admin partition of the service (Consul Enterprise)'),
    datacenter: consulName()
      .optional()
      .describe('Datacenter of the service; the agent at CONSUL_HTTP_ADDR must be in it, since a driver holds its lock there'),
    protocol: z.enum(['http', 'http2', 'grpc']).optional().describe('Makes sure that service-defaults says so'),
    subsets: z.record(subsetName(), subset).describe('The two versions, by subset name'),
    stable: z
      .string()
      .optional()
      .describe("The subset that users are on before the first rollout; default the resolver's DefaultSubset"),
    legs: z.record(subsetName(), leg).default({}).describe('Further lines of the splitter, of fixed weight'),
    steps: z.array(step).describe('What happens, in order'),
    bake: durationOrZero()
      .default(formatDuration(DEFAULTS.bake))
      .describe('Watch after 100% during which a bad signal still reverts'),
    undo_window: durationOrZero()
      .default(formatDuration(DEFAULTS.undoWindow))
      .describe('How long after a promotion it can be undone'),
    deadline: duration().optional().describe('Longest time for the whole rollout'),
    step_timeout: duration().default(formatDuration(DEFAULTS.stepTimeout)).describe('Longest time for one step'),
    on,
    capacity: z
      .strictObject({
        max_ratio: z
          .number()
          .positive()
          .describe('Hold when the share of canary exceeds its share of ready instances by this factor'),
      })
      .optional()
      .describe('Guard against sending more to canary than its instances can take'),
    datacenters: z
      .array(consulName())
      .min(1, { error: `names no datacenter${ARROW}name those that count, or leave it out for all` })
      .refine((names) => new Set(names).size === names.length, { error: `names one twice${ARROW}name each once` })
      .optional()
      .describe('The datacenters whose instances count, where several share the entries; default each of them'),
    coverage: z
      .strictObject({
        min: share().describe(
          "Least share of each version's requests that its callers count, of those that its instances receive",
        ),
        on_low: z.enum(['hold', 'report']).default('hold').describe('Below it: hold an advance, or only tell it'),
      })
      .optional()
      .describe(
        'How much of the traffic has to be counted by callers; without it an advance is held where less than half is seen by either side',
      ),
    route: routeSchema.optional(),
    checks: z.array(checkSchema).default([]).describe('Checks of your own before anything is written'),
    hooks: hooksSchema.default({}),
    signals: z.array(signalSchema).default([]).describe('Sources of evidence; watched whenever canary carries traffic'),
    schedule: scheduleSchema.optional(),
    waves: z
      .array(wave)
      .default([])
      .describe('Further Consul clusters, one after the other, each verified before the next; taken back in reverse'),
    callers: z
      .array(consulName())
      .default([])
      .describe('Services that call this one, besides those that the catalog names as callers'),
    metrics: z
      .strictObject({
        port_meta: z
          .string()
          .min(1)
          .optional()
          .describe(
            "Key of the Meta of proxies that says their metrics' port (or host:port) as it is reached from outside, where a scheduler like Nomad maps ports",
          ),
        path: z
          .string()
          .regex(/^\/[^\s?#]*$/, { error: `is no path${ARROW}write it like /metrics` })
          .optional()
          .describe('Path of the metrics page; default /metrics'),
        tls: z
          .strictObject({
            ca_file: z
              .string()
              .min(1)
              .optional()
              .describe('Authorities that sign the certificates of the pages; default those of the machine'),
            cert_file: z.string().min(1).optional().describe('Certificate to show'),
            key_file: z.string().min(1).optional().describe('Key of that certificate'),
            server_name: z
              .string()
              .min(1)
              .optional()
              .describe('Name that the certificates are for, where that is not the address'),
          })
          .optional()
          .describe('The metrics pages are served over TLS'),
      })
      .optional()
      .describe(
        'How the metrics of the callers and of the instances are reached, where that is not by envoy_prometheus_bind_addr alone',
      ),
    notify: z.array(notifySchema).default([]).describe('Who is told of what happens'),
  })
  .meta({ title: 'Plan', description: 'A rollout plan for splitter: how one service moves from one version to the next' });

/** A plan that has the right shape, with defaults filled in, still in YAML names and people's units. */
export type PlanText = z.output<typeof planSchema>;
