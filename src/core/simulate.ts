import { type Beginning, decideBeginning } from './begin.js';
import { decide } from './decide.js';
import { splitterWrite } from './decision.js';
import { type EntryWrite, legsOf, type StoredEntry } from './entries.js';
import type { Instances, Observation } from './observation.js';
import type { Plan } from './plan.js';
import type { Roles } from './roles.js';
import { isFinal, type Rollout } from './rollout.js';
import { resume } from './verbs.js';
import type { Finding } from './verdict.js';

/** One write of a simulated rollout: when, what it replaces, and the record after it (none for defaults and resolver). */
export interface SimulatedWrite {
  readonly at: number;
  readonly before: StoredEntry | undefined;
  readonly write: EntryWrite;
  readonly next: Rollout | undefined;
  /** A person was needed for it. */
  readonly person: boolean;
}

const ENOUGH = 10_000;
const HEALTHY: Instances = { passing: 1_000, warning: 0, critical: 0 };

/** The whole course of a rollout in a mesh in which all goes well, by the same decisions that a driver makes: every write in order, until the end or the target. */
export function simulate(
  plan: Plan,
  seen: Observation,
  roles: Roles,
  beginning: Beginning,
  now: number,
): readonly SimulatedWrite[] {
  const writes: SimulatedWrite[] = [];
  let world: Observation = {
    ...seen,
    instances: Object.fromEntries(plan.subsets.map((subset) => [subset.name, HEALTHY])),
    findings: plan.signals.map(goodFinding),
    agreement: 'agrees',
  };
  let rollout: Rollout | undefined;
  let at = now;
  for (let turn = 0; turn < ENOUGH; turn++) {
    if (rollout !== undefined && (isFinal(rollout) || rollout.state.reason === 'TargetReached')) return writes;
    const held: boolean = rollout !== undefined && rollout.state.phase === 'Paused';
    const decision =
      rollout === undefined
        ? decideBeginning(plan, world, roles, beginning, at)
        : held
          ? personResumes(rollout, plan, world, at)
          : decide({ plan, rollout, seen: world, tally: '', now: at });
    if (decision === undefined) return writes;
    if (decision.write !== undefined) {
      writes.push({ at, before: entryOf(world, decision.write), write: decision.write, next: decision.next, person: held });
      world = afterWrite(world, decision.write, plan.service, at);
      rollout = decision.next ?? rollout;
    } else {
      at = Math.max(at + 1, decision.wakeAt);
    }
  }
  return writes;
}

function personResumes(
  rollout: Rollout,
  plan: Plan,
  seen: Observation,
  now: number,
): { write?: EntryWrite; next?: Rollout; wakeAt: number } | undefined {
  const result = resume(rollout, { service: plan.service, seen, by: 'a person', now }, undefined, plan.steps.length);
  if (result.kind !== 'write') return undefined;
  return { next: result.next, write: splitterWrite(seen.splitter, plan.service, result.next, result.move), wakeAt: now };
}

function entryOf(world: Observation, write: EntryWrite): StoredEntry | undefined {
  return { 'service-defaults': world.defaults, 'service-resolver': world.resolver, 'service-splitter': world.splitter }[
    write.kind
  ];
}

function afterWrite(world: Observation, write: EntryWrite, service: string, now: number): Observation {
  const stored: StoredEntry = { entry: write.entry, modifyIndex: write.cas + 1 };
  switch (write.kind) {
    case 'service-defaults':
      return { ...world, defaults: stored };
    case 'service-resolver':
      return { ...world, resolver: stored, resolverSince: now };
    case 'service-splitter':
      return {
        ...world,
        splitter: stored,
        chain: { protocol: 'http', startsWith: 'splitter', legs: legsOf(stored.entry, service) },
      };
  }
}

function goodFinding(signal: { readonly name: string; readonly source: string }): Finding {
  return {
    name: signal.name,
    source: signal.source,
    verdict: 'Successful',
    value: null,
    bound: '',
    samples: Number.MAX_SAFE_INTEGER,
    failed: 0,
    at: 0,
    message: '',
  };
}
