import { z } from 'zod';
import { type Action, ATTENTION, type Attention } from './kinds.js';

const time = (what: string) => z.string().describe(`${what}; RFC 3339, UTC`);
const percent = (what: string) => z.number().min(0).max(100).nullable().describe(`${what}, percent; null: unknown`);

/** The phases, as the record spells them. */
const PHASES = [
  'Pending',
  'Progressing',
  'Paused',
  'Baking',
  'Promoting',
  'Promoted',
  'Reverting',
  'Reverted',
  'Superseded',
] as const;

const instances = z
  .object({
    passing: z.number(),
    warning: z.number(),
    critical: z.number(),
    skipped: z.number().optional().describe('Of those in warning, how many Consul sends nothing to; absent: none'),
  })
  .nullable()
  .describe('Its instances by the worst of their checks');

const leg = z.object({
  subset: z.string().describe('Name of the subset'),
  service: z.string().optional().describe("The other service that the leg leads to; absent for the service's own subsets"),
  filter: z.string().nullable().describe('Its filter in the resolver'),
  weight: z
    .object({
      asked: percent('What splitter asked for'),
      stored: percent('What Consul holds'),
      observed: percent('What was measured'),
    })
    .describe('Its share of the traffic'),
  instances,
  coverage: percent('What its callers counted of the requests that its instances received lately'),
});

const datacenter = z.object({
  name: z.string().describe('Name of the datacenter'),
  counts: z.boolean().describe('False: the plan leaves it out'),
  unread: z.string().nullable().describe('Why what is told of it is not of now; null: it is'),
  stable: z.object({ instances }).describe('The subset that users are on'),
  canary: z.object({ instances }).describe('The subset that is tried'),
});

const signal = z.object({
  name: z.string().describe('Name in the plan'),
  source: z.string().describe('Where it is read'),
  verdict: z.enum(['Successful', 'Failed', 'Inconclusive', 'Error']).describe('What the evidence says'),
  value: z.string().nullable().describe('The number, for people'),
  bound: z.string().describe('The bound, for people'),
  samples: z.number().describe('Requests or measurements'),
  at: time('When it was read last').nullable(),
  message: z.string().describe('One sentence with the numbers'),
  band: z
    .object({ low: z.number(), high: z.number() })
    .optional()
    .describe(
      'Where the true share lies, 99 % sure at whatever moment one looks, percent; only of what counts requests, and has some',
    ),
  dryRun: z.boolean().optional().describe('Shown only: it holds and reverts nothing'),
  clear: z.boolean().optional().describe('Beyond doubt within the bound'),
});

const entrance = z.object({
  kind: z
    .enum(['sidecar', 'transparent', 'ingress-gateway', 'api-gateway', 'mesh-gateway'])
    .describe('What it is; transparent: a sidecar that takes all its service sends'),
  name: z.string().describe('The service that calls, or the gateway'),
  id: z.string().describe('Of the proxy'),
  node: z.string().describe('Where it runs'),
  datacenter: z.string().nullable().describe('Where that is'),
  via: z.array(z.string()).describe("The names by which it calls: the service's own, or others that lead here"),
  certain: z.boolean().describe('False: it may call, as intentions let it, and was not seen to'),
  read: z.boolean().describe('Whether its counters can be read'),
  why: z.string().nullable().describe('Why not'),
  share: percent('Its part of all requests that the readable ones have counted'),
  tcp: z.boolean().describe('It speaks tcp to the service: no weight moves it'),
  split: z.boolean().describe("All that it sends passes the service's splitter"),
  routed: z.boolean().describe("All that it sends passes the service's router"),
  follows: z.boolean().nullable().describe('Whether it sends by the weights of the rollout under way; null: not known'),
});

const following = z.object({
  name: z.string().describe('The service that calls, or the gateway'),
  id: z.string().describe('Of the proxy'),
  node: z.string().describe('Where it runs'),
  follows: z.boolean().nullable().describe('False: it does not send by the weights; null: not known, or something explains it'),
  sent: z.number().describe('Its share of requests to canary since the present weights are stored, percent'),
  asked: z.number().describe('The share that it was to send, percent'),
  requests: z.number().describe('How many it sent to both'),
  message: z.string().optional().describe('Only where it does not send by the weights: what it sends, and why'),
});

const status = z.object({
  service: z.string().describe('Name of the service'),
  rollout: z.string().nullable().describe('ULID of the rollout'),
  phase: z.enum(PHASES).nullable().describe('What it is doing'),
  reason: z.string().nullable().describe('Why, as a word'),
  message: z.string().describe('Why, as a sentence'),
  held: z
    .object({ reason: z.string(), message: z.string(), until: z.string().nullable() })
    .optional()
    .describe('What holds advances now'),
  step: z
    .object({
      index: z.number(),
      of: z.number().nullable(),
      kind: z.string().nullable(),
      enteredAt: z.string(),
      wakeAt: z.string().nullable(),
    })
    .nullable()
    .describe('The present step'),
  stable: leg.nullable().describe('The subset that users are on'),
  canary: leg.nullable().describe('The subset that is tried'),
  legs: z.array(leg).describe('Further subsets'),
  datacenters: z
    .array(datacenter)
    .optional()
    .describe('Each datacenter that shares the entries, home first; absent: there is one only'),
  following: z
    .array(following)
    .optional()
    .describe('Callers by themselves, those that do not send by the weights first; absent: nobody looks'),
  signals: z.array(signal).describe('What is measured, against its bound'),
  plan: z.object({ digest: z.string(), source: z.string().nullable() }).nullable().describe('What it follows'),
  driver: z.object({ kind: z.string(), id: z.string() }).nullable().describe('Who advances it'),
  by: z.string().nullable().describe('Who asked for what it does'),
  startedAt: time('When the rollout began').nullable(),
  updatedAt: time('When it came to where it is').nullable(),
  healthyAt: time('When every signal was last measured and found good').nullable(),
  modifyIndex: z.number().nullable().describe('ModifyIndex of the splitter: what If-Match takes, in quotes'),
});

/** One line of the list, and what the stream tells of one rollout. */
export const rolloutSchema = status.extend({ attention: z.enum(ATTENTION).describe('How much it needs a person') });

/** One rollout, with the steps of its plan. */
export const detailSchema = rolloutSchema.extend({
  steps: z
    .array(z.object({ kind: z.string(), text: z.string(), weight: z.number().nullable() }))
    .nullable()
    .describe('The steps of the plan in words; null: the plan is not known here'),
  bake: z.number().nullable().describe('Seconds of watch after the last step'),
  entrances: z.array(entrance).nullable().describe('Who reaches the service; null: Consul would not tell'),
  group: z
    .object({
      name: z.string(),
      members: z.array(
        z.object({
          service: z.string(),
          phase: z.enum(PHASES).nullable(),
          reason: z.string().nullable(),
          step: z.number().nullable(),
        }),
      ),
    })
    .optional()
    .describe('The group that it is rolled out in, with how each member stands; absent: it is on its own'),
});

const counts = z.object({
  all: z.number().describe('Every service with a splitter that the filters on name and phase leave'),
  ...Object.fromEntries(ATTENTION.map((name) => [name, z.number()])),
} as { all: z.ZodNumber } & Record<Attention, z.ZodNumber>);

export const listSchema = z.object({
  items: z.array(rolloutSchema),
  next_token: z.string().nullable().describe('Give it as next_token for the next page; null: this is the last'),
  counts: counts.describe('How many there are of each attention'),
});

export const listQuery = z.strictObject({
  phase: z.string().optional().describe('Only these phases, with commas between'),
  attention: z
    .string()
    .optional()
    .describe(`Only these, with commas between: ${ATTENTION.join(', ')}`),
  prefix: z.string().max(256).optional().describe('Only services whose names begin so'),
  sort: z.enum(['attention', 'name', 'updated']).optional().describe('Order; default: attention, those that need a person first'),
  per_page: z
    .string()
    .regex(/^\d{1,4}$/)
    .optional()
    .describe('1 to 500, default 50'),
  next_token: z.string().max(1_024).optional().describe('Where the page before ended'),
});

const entry = z.looseObject({
  seq: z.number(),
  at: time('When it was decided'),
  phase: z.enum(PHASES),
  reason: z.string(),
  step: z.number(),
  asked: z.record(z.string(), z.number()).describe('Weights in percent'),
  observed: z
    .record(z.string(), z.number())
    .optional()
    .describe('What each subset got when it was decided, percent; absent: unknown'),
  message: z.string(),
  by: z.string(),
  findings: z.array(z.looseObject({ name: z.string(), verdict: z.string(), message: z.string() })),
});

export const historySchema = z.object({
  service: z.string(),
  rollouts: z.array(
    z.object({
      rollout: z.string(),
      plans: z.record(z.string(), z.looseObject({ source: z.string() })).describe('Each plan that it followed, by digest'),
      entries: z.array(entry).describe('Each decision, oldest first'),
    }),
  ),
});

export const historyQuery = z.strictObject({
  rollout: z.string().max(64).optional().describe('The log of this rollout instead of the last'),
  all: z.enum(['true', 'false']).optional().describe('The logs of all rollouts that are kept'),
});

/** An entry of Consul's as Consul has it. */
const consulEntry = z.looseObject({}).nullable();

export const entriesSchema = z.object({
  service: z.string(),
  entries: z
    .object({
      'service-splitter': consulEntry,
      'service-resolver': consulEntry,
      'service-router': consulEntry,
      'service-defaults': consulEntry,
    })
    .describe('Each entry of the service as Consul has it; null: there is none'),
  chain: z.looseObject({}).nullable().describe('The discovery chain that Consul compiles; null: that could not be read'),
});

const plan = {
  service: z.string(),
  digest: z.string().describe('sha256 of its canonical JSON'),
  source: z.string().describe('Where it was applied from'),
};

export const plansSchema = z.object({
  items: z.array(z.object(plan)),
  next_token: z.string().nullable().describe('Give it as next_token for the next page; null: this is the last'),
});

export const plansQuery = z.strictObject({
  prefix: z.string().max(256).optional().describe('Only services whose names begin so'),
  per_page: z
    .string()
    .regex(/^\d{1,4}$/)
    .optional()
    .describe('1 to 500, default 50'),
  next_token: z.string().max(1_024).optional().describe('Where the page before ended'),
});

export const planSchema = z.object({
  ...plan,
  plan: z.looseObject({}).describe('The plan in the names that it is written in, without what is the default'),
});

export const freezeSchema = z.object({
  frozen: z.boolean().describe('Whether nothing advances now'),
  by: z.string().nullable(),
  reason: z.string().nullable(),
  since: time('When it was turned on').nullable(),
  until: time('When it ends by itself').nullable(),
});

export const selfSchema = z.object({
  acts: z
    .boolean()
    .describe('Whether this token (or none) is passed on to Consul for actions; whether Consul lets it write, it says then'),
  name: z.string().nullable().describe("The token's description in Consul"),
  accessor: z.string().nullable().describe('Its AccessorID'),
  message: z.string().describe('The same as a sentence'),
});

export const streamQuery = z.strictObject({
  service: z.string().max(256).optional().describe('Only this service, and then its evidence every second'),
});

const FORCE = z
  .boolean()
  .optional()
  .describe('Go up although a freeze or a closed window holds everybody, which is recorded; without it that is refused');

/** What each action takes. Unknown keys are refused. */
export const actionBodies = {
  pause: z.strictObject({}),
  resume: z.strictObject({
    choice: z.enum(['adopt', 'reassert']).optional().describe("After drift: go on from the others' weights, or put ours back"),
    force: FORCE,
  }),
  promote: z.strictObject({ full: z.boolean().optional().describe('Skip all steps and the bake'), force: FORCE }),
  abort: z.strictObject({
    force: z.boolean().optional().describe('Even where stable has no ready instance, which is recorded'),
  }),
  undo: z.strictObject({}),
  retry: z.strictObject({ force: z.boolean().optional().describe("Skip the plan's own checks, which is recorded") }),
} as const satisfies Record<Action, z.ZodType>;

export interface ActionBody {
  readonly choice?: 'adopt' | 'reassert' | undefined;
  readonly full?: boolean | undefined;
  readonly force?: boolean | undefined;
}

export const actedSchema = z.object({
  changed: z.boolean().describe('False: it was so already'),
  message: z.string(),
  rollout: detailSchema.nullable().describe('Where the rollout stands now; null: that could not be read'),
});

export const problemSchema = z.object({
  type: z.string().describe('/problems/<id>'),
  title: z.string().describe('The same for every case'),
  status: z.number(),
  detail: z.string().describe('What is wrong in this case'),
  instance: z.string().optional().describe('The path that was asked for'),
  next: z.string().optional().describe('What to type next'),
  errors: z
    .array(z.object({ detail: z.string(), pointer: z.string() }))
    .optional()
    .describe('What is wrong with the body or the query'),
  rollout: detailSchema.optional().describe('Where the rollout stands now (412)'),
});

export type RolloutRow = z.output<typeof rolloutSchema>;
export type RolloutDetail = z.output<typeof detailSchema>;
export type RolloutList = z.output<typeof listSchema>;
export type Counts = RolloutList['counts'];
export type RawEntries = z.output<typeof entriesSchema>;
export type PlanView = z.output<typeof planSchema>;
export type PlanList = z.output<typeof plansSchema>;
export type FreezeState = z.output<typeof freezeSchema>;
export type Self = z.output<typeof selfSchema>;
export type Histories = z.output<typeof historySchema>;
export type Acted = z.output<typeof actedSchema>;
export type Problem = z.output<typeof problemSchema>;
