import { afterWrite } from '../../src/core/after-write.js';
import { DEFAULTS } from '../../src/core/defaults.js';
import { type Entry, type EntryWrite, type StoredEntry, splitterEntry } from '../../src/core/entries.js';
import { splitLegs } from '../../src/core/legs.js';
import type { Instances, Observation } from '../../src/core/observation.js';
import type { Plan, Step } from '../../src/core/plan.js';
import type { Rollout } from '../../src/core/rollout.js';
import type { Finding, Verdict } from '../../src/core/verdict.js';
import { versionFilter } from '../../src/core/versions.js';

/** Noon of some day, so that times in tests read well. */
export const NOON = Date.UTC(2026, 10, 21, 12);

/** A plan for payments, blue 2 to green 3, with these changes. */
export function makePlan(change: Partial<Plan> = {}): Plan {
  return {
    service: 'payments',
    subsets: [
      { name: 'blue', filter: versionFilter('2'), version: '2' },
      { name: 'green', filter: versionFilter('3'), version: '3' },
    ],
    stable: 'blue',
    legs: [],
    steps: [weight(10), { kind: 'pause', for: 60_000 }, weight(50), weight(100)],
    bake: 60_000,
    undoWindow: DEFAULTS.undoWindow,
    stepTimeout: DEFAULTS.stepTimeout,
    on: DEFAULTS.on,
    signals: [],
    callers: [],
    ...change,
  };
}

/** A weight step of so many percent. */
export function weight(percent: number): Step {
  return { kind: 'weight', to: percent * 100 };
}

/** A rollout under way at this weight, with these changes. */
export function makeRollout(percent: number, change: Partial<Rollout> = {}): Rollout {
  return {
    id: '01JDK7Q0000000000000000000',
    seq: 7,
    stable: 'blue',
    canary: 'green',
    plan: 'abc',
    driver: 'ramp:test',
    by: 'dana',
    startedAt: NOON - 3_600_000,
    enteredAt: NOON,
    asked: splitLegs('blue', 'green', percent * 100, []),
    state: { phase: 'Progressing', reason: 'Stepping', step: 0 },
    tally: '',
    message: 'under way',
    owes: [],
    adopted: {},
    ...change,
  };
}

/** So many passing instances. */
export function passing(count: number): Instances {
  return { passing: count, warning: 0, critical: 0 };
}

/** A mesh in which this rollout's weights are stored, compiled and observed, with these changes. */
export function makeSeen(rollout: Rollout | undefined, change: Partial<Observation> = {}): Observation {
  const resolver: StoredEntry = {
    modifyIndex: 10,
    entry: {
      Kind: 'service-resolver',
      Name: 'payments',
      Subsets: { blue: { Filter: versionFilter('2') }, green: { Filter: versionFilter('3') } },
      ModifyIndex: 10,
    },
  };
  const base: Observation = {
    resolver,
    defaults: { modifyIndex: 5, entry: { Kind: 'service-defaults', Name: 'payments', Protocol: 'http', ModifyIndex: 5 } },
    resolverSince: 0,
    instances: { blue: passing(2), green: passing(2) },
    agreement: 'agrees',
    findings: [],
  };
  if (rollout === undefined) return { ...base, ...change };
  return {
    ...base,
    splitter: stored(splitterEntry(undefined, 'payments', rollout.asked, rollout), 20),
    chain: { protocol: 'http', startsWith: 'splitter', legs: rollout.asked },
    ...change,
  };
}

/** An entry as Consul would give it back. */
export function stored(entry: Entry, modifyIndex: number): StoredEntry {
  return { modifyIndex, entry: { ...entry, ModifyIndex: modifyIndex, CreateIndex: 1, Hash: 12345 } };
}

/** The mesh after a write: stored, compiled, and observed at once. */
export function applyWrite(seen: Observation, write: EntryWrite): Observation {
  return { ...afterWrite(seen, write, write.name, 0), resolverSince: 0 };
}

/** A finding with this verdict. */
export function finding(name: string, verdict: Verdict, change: Partial<Finding> = {}): Finding {
  return {
    name,
    source: 'envoy',
    verdict,
    value: '1%',
    bound: '<= 0.5%',
    samples: 100,
    failed: 1,
    at: NOON,
    message: `${verdict} with numbers`,
    ...change,
  };
}
