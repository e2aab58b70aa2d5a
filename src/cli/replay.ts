import { readFile, writeFile } from 'node:fs/promises';
import { versionsOf } from '../core/placeholders.js';
import type { Plan } from '../core/plan.js';
import { formatTime } from '../core/record.js';
import { isRefusal, type Roles } from '../core/roles.js';
import { isComparing } from '../core/scalar-signal.js';
import { rolesOfPlan } from '../core/timeline.js';
import type { Measurement } from '../core/verdict.js';
import { type ReplayedSignal, replay } from '../judge/replay.js';
import type { Past } from '../signals/past.js';
import { RangeFailure } from '../signals/prometheus-range.js';
import { conclude, type Replayed, renderReplay } from '../view/replay.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';
import { readOnePlan } from './one-plan.js';
import { createProgress } from './progress.js';
import { type PastSource, parsePastSource, type ReplayFlags } from './replay-flags.js';

/** `splitter replay PLAN`: where this plan would have reverted on past data, by the judge itself; touches no Consul. Exit 3 when it would have. */
export async function replayPlan(file: string, flags: ReplayFlags, io: Io): Promise<ExitCode> {
  const json = flags.output === 'json';
  const source = parsePastSource(file, flags, io.env, Date.now());
  const plan = await readOnePlan(file, 'replay', flags, io);
  if (plan === undefined) return EXIT.planInvalid;
  const roles = findPastRoles(plan, flags.canary);
  if (plan.signals.length === 0)
    throw new CommandError(`the plan of ${plan.service} has no signals: nothing in it judges`, 'add one under signals:');
  const past = source.kind === 'file' ? await readFileOf(source.file, plan) : await fetchPast(source, plan, roles, io);
  const readings = past.flatMap((one) => one.readings);
  const missing = new Map(past.flatMap(({ signal, why }) => (why === undefined ? [] : [[signal, why] as const])));
  if (readings.length === 0) throw nothingFound(missing);
  if (flags.record !== undefined) await record(flags.record, plan, roles, past, io);
  const range = source.kind === 'prometheus' ? source.range : rangeOf(readings.map(({ at }) => at));
  const replayed: Replayed = { service: plan.service, ...roles, ...range, replay: replay(plan, readings), missing };
  if (json) printJson(io, toJson(replayed));
  else io.out(renderReplay(replayed, io.style));
  return replayed.replay.first === undefined ? EXIT.done : EXIT.reverted;
}

function findPastRoles(plan: Plan, canary: string | undefined): Roles {
  const legs = new Set(plan.legs.map(({ subset }) => subset));
  const slots = plan.subsets.map(({ name }) => name).filter((name) => !legs.has(name));
  if (canary !== undefined && !slots.includes(canary))
    throw new CommandError(`--canary ${canary} is no subset of the plan that a rollout moves`, `one of: ${slots.join(', ')}`);
  const stable = canary === undefined ? undefined : slots.find((name) => name !== canary);
  const roles = rolesOfPlan(stable === undefined ? plan : { ...plan, stable });
  if (isRefusal(roles)) throw new CommandError(roles.message, roles.hint, EXIT.planInvalid);
  return roles;
}

const GIVES = { counts: 'counts requests', scalar: 'is a single value', pair: 'compares both subsets' } as const;
const KEPT: Readonly<Record<Measurement['kind'], string>> = {
  counts: 'counts',
  scalar: 'single values',
  pair: 'values of both subsets',
  none: 'nothing',
  error: 'errors',
};

async function readFileOf(file: string, plan: Plan): Promise<readonly Past[]> {
  const { readRecording } = await import('../signals/recording.js');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code})`, 'splitter replay PLAN --file recorded.json');
  });
  const recorded = readRecording(text);
  if (recorded instanceof Error)
    throw new CommandError(
      `${file} is no recording: ${recorded.message}`,
      'make one with: splitter replay PLAN --prometheus URL --from -2h --record FILE',
    );
  return plan.signals.map((signal) => {
    const { name, source } = signal;
    const found = recorded.find(({ signal }) => signal === name);
    if (found === undefined || found.readings.length === 0)
      return { signal: name, readings: [], why: `${file} has no readings of it` };
    const expected = source === 'envoy' ? 'counts' : isComparing(signal) ? 'pair' : 'scalar';
    const other = found.readings.find(({ measurement: { kind } }) => kind !== expected && kind !== 'none' && kind !== 'error');
    if (other !== undefined)
      throw new CommandError(
        `${file}: ${name} ${GIVES[expected]}, and the recording has ${KEPT[other.measurement.kind]}`,
        `rename one of the two; in the plan, ${name} has the source ${source}`,
      );
    return found;
  });
}

async function fetchPast(
  { url, range }: Extract<PastSource, { kind: 'prometheus' }>,
  plan: Plan,
  { stable, canary }: Roles,
  io: Io,
): Promise<readonly Past[]> {
  const { readPast } = await import('../signals/past.js');
  const { service, namespace, partition, datacenter, protocol, callers, subsets } = plan;
  const scope = Object.fromEntries(
    Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined),
  );
  const stop = new AbortController();
  const quiet = io.onInterrupt(() => stop.abort(), 'ends');
  try {
    const told = createProgress(io, 'looks fetched');
    const target = { service, ...scope, stable, canary, callers, versions: versionsOf(subsets) };
    return await readPast(plan.signals, target, range, { prometheus: url, protocol, env: io.env, abort: stop.signal, told });
  } catch (error) {
    if (error instanceof RangeFailure) {
      if (stop.signal.aborted) throw new CommandError('interrupted while fetching the past', '', EXIT.interrupted);
      throw new CommandError(error.message, error.hint);
    }
    throw error;
  } finally {
    quiet();
  }
}

function nothingFound(missing: ReadonlyMap<string, string>): CommandError {
  const reasons = [...missing].map(([name, why]) => `${name}: ${why}`);
  return new CommandError(
    `no signal of the plan can be replayed\n  ${reasons.join('\n  ')}`,
    'check the range, --prometheus and --canary',
  );
}

async function record(file: string, plan: Plan, { stable, canary }: Roles, past: readonly Past[], io: Io): Promise<void> {
  const { writeRecording } = await import('../signals/recording.js');
  await writeFile(file, writeRecording({ service: plan.service, stable, canary }, past)).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be written (${error.code})`, 'name a file that can be written: --record FILE');
  });
  io.err(`recorded in ${file}; again, without Prometheus: splitter replay PLAN --file ${file}\n`);
}

function rangeOf(times: readonly number[]): { readonly from: number; readonly to: number } {
  return times.reduce(({ from, to }, at) => ({ from: Math.min(from, at), to: Math.max(to, at) }), {
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
  });
}

function toJson(replayed: Replayed): object {
  const { service, stable, canary, from, to, replay: whole, missing } = replayed;
  return {
    service,
    stable,
    canary,
    from: formatTime(from),
    to: formatTime(to),
    wouldRevert: whole.first !== undefined,
    message: conclude(replayed),
    at: whole.first?.failure === undefined ? null : formatTime(whole.first.failure.at),
    by: whole.first?.signal.name ?? null,
    signals: whole.signals.map((one) => signalJson(one, missing.get(one.signal.name))),
  };
}

function signalJson({ signal, looks, failure, bad, total, end }: ReplayedSignal, why: string | undefined): object {
  const { name, source, dryRun } = signal;
  const said = { name, source, ...(dryRun === true ? { dryRun } : {}) };
  if (why !== undefined) return { ...said, replayed: false, why };
  return {
    ...said,
    replayed: true,
    bound: end.bound,
    looks: looks.length,
    failedAt: failure === undefined ? null : formatTime(failure.at),
    failure: failure?.message ?? null,
    bad,
    total,
    verdict: end.verdict,
    value: end.value,
    message: end.message,
    line: looks.map(({ at, value, nearness }) => ({ at: formatTime(at), value, nearness: Math.round(nearness * 1e4) / 1e4 })),
  };
}
