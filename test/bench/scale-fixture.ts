import { resolverEntry, splitterEntry } from '../../src/core/entries.js';
import { splitLegs } from '../../src/core/legs.js';
import type { Plan } from '../../src/core/plan.js';
import type { Rollout } from '../../src/core/rollout.js';
import { digestPlan } from '../../src/plan/digest.js';
import { inTurns } from '../../src/signals/in-turns.js';
import type { ConsulAgent } from '../mesh/consul.js';
import { makePlan, makeRollout } from '../support/world.js';
import { BareClient } from './scale-bare.js';

/** Connections that set-up uses at once. */
const CONNECTIONS = 32;
/** Operations in one transaction of Consul: older versions take no more. */
const OPERATIONS = 64;

const NODE = 'bench';

/** What a rollout of the bench is to be: the plan without its service, where it stands, and how far its first moments are spread, ms. */
export interface Cohort {
  readonly names: readonly string[];
  readonly plan: Partial<Plan>;
  readonly record: (place: number) => Partial<Rollout> & { readonly canaryPercent: number };
}

/** The name of the service at a place; a word before it keeps cohorts apart. */
export function serviceNames(prefix: string, from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, i) => `${prefix}-${String(from + i).padStart(5, '0')}`);
}

/** Makes every service speak http, and the node that they run on: once for all. */
export async function setProtocol(consul: ConsulAgent): Promise<void> {
  await consul.api('PUT', '/v1/config', { Kind: 'proxy-defaults', Name: 'global', Config: { protocol: 'http' } });
  // Not the agent's own node: the agent takes from that whatever it does not know of.
  await consul.api('PUT', '/v1/catalog/register', { Node: NODE, Address: '127.0.0.1' });
}

/** Registers two versions of each service with a sidecar each, and stores resolver, plan and a splitter with the record of a rollout under way. */
export async function layOut(consul: ConsulAgent, cohort: Cohort): Promise<void> {
  const client = new BareClient(consul.address, CONNECTIONS);
  try {
    await transact(client, cohort.names.flatMap(sidecarsOf));
    await transact(
      client,
      cohort.names.map((service) => planKey(planOf(cohort, service))),
    );
    const entries = (write: (service: string, place: number) => object): Promise<unknown> =>
      inTurns(
        cohort.names.map((service, place) => ({ service, place })),
        CONNECTIONS,
        ({ service, place }) => client.put('/v1/config', write(service, place)),
      );
    await entries((service) => resolverEntry(undefined, service, planOf(cohort, service).subsets));
    await entries((service, place) => splitterOf(cohort, service, place));
  } finally {
    client.close();
  }
}

function planOf({ plan }: Cohort, service: string): Plan {
  return makePlan({ ...plan, service });
}

function splitterOf(cohort: Cohort, service: string, place: number): object {
  const { canaryPercent, ...record } = cohort.record(place);
  const rollout = makeRollout(canaryPercent, {
    id: `01JDK7Q00000000000000${String(place).padStart(5, '0')}`.slice(0, 26),
    plan: digestPlan(planOf(cohort, service)),
    driver: '',
    startedAt: Date.now(),
    enteredAt: Date.now(),
    by: 'dana@example.com from the pipeline of the shop, run 4711',
    asked: splitLegs('blue', 'green', canaryPercent * 100, []),
    message: `canary green ${canaryPercent}%: all traffic that the plan asks for; the numbers of the last step were within their bounds`,
    ...record,
  });
  return splitterEntry(undefined, service, rollout.asked, rollout);
}

function planKey(plan: Plan): object {
  const value = JSON.stringify({ plan, digest: digestPlan(plan), source: `plans/${plan.service}.yaml` });
  return { KV: { Verb: 'set', Key: `splitter/plans/${plan.service}`, Value: Buffer.from(value).toString('base64') } };
}

/** Two versions, each with a sidecar of its own that passes; nothing listens there. */
function sidecarsOf(service: string): readonly object[] {
  return ['2', '3'].map((version) => ({
    Service: {
      Verb: 'set',
      Node: NODE,
      Service: {
        Kind: 'connect-proxy',
        ID: `${service}-${version}-sidecar-proxy`,
        Service: `${service}-sidecar-proxy`,
        Address: '127.0.0.1',
        Port: 20_000,
        Meta: { version },
        Proxy: { DestinationServiceName: service, DestinationServiceID: `${service}-${version}` },
      },
    },
  }));
}

async function transact(client: BareClient, operations: readonly object[]): Promise<void> {
  const parts = Array.from({ length: Math.ceil(operations.length / OPERATIONS) }, (_, i) =>
    operations.slice(i * OPERATIONS, (i + 1) * OPERATIONS),
  );
  await inTurns(parts, 4, (part) => client.put('/v1/txn', part));
}
