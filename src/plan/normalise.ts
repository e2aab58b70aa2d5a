import { AUTO } from '../core/auto.js';
import { watchUnanswered } from '../core/default-signals.js';
import { DEFAULTS } from '../core/defaults.js';
import type { Comparison, ExtraLeg, Plan, Program, Route, Signal, Step, Subset, Wave } from '../core/plan.js';
import { rampSteps } from '../core/ramp.js';
import { versionFilter } from '../core/versions.js';
import { type BasisPoints, parsePercent } from '../core/weights.js';
import { given, ms } from './given.js';
import { toChannels } from './normalise-notify.js';
import { toSchedule } from './normalise-schedule.js';
import { toVendorQuery } from './normalise-sources.js';
import type { PlanText } from './schema.js';
import type { NumberText, SignalText } from './signal-text.js';

type SubsetText = PlanText['subsets'][string];
type ProgramText = Omit<PlanText['checks'][number], 'name'>;
type HookText = NonNullable<PlanText['hooks'][keyof PlanText['hooks']]>;
type StepText = PlanText['steps'][number];

/** The normal form of a plan that has passed the schema and `checkRules`; for any other the result means nothing. */
export function normalise(text: PlanText): Plan {
  const legs = Object.entries(text.legs);
  const own = legs.filter(([, leg]) => leg.version !== undefined || leg.filter !== undefined);
  return {
    service: text.service,
    ...given('namespace', text.namespace),
    ...given('partition', text.partition),
    ...given('datacenter', text.datacenter),
    ...given('protocol', text.protocol),
    subsets: [...Object.entries(text.subsets), ...own].map(([name, subset]) => toSubset(name, subset)),
    ...given('stable', text.stable),
    legs: legs.map(([subset, leg]): ExtraLeg => ({ subset, weight: points(leg.weight) })),
    steps: expandSteps(text.steps),
    bake: ms(text.bake),
    undoWindow: ms(text.undo_window),
    ...(text.deadline === undefined ? {} : { deadline: ms(text.deadline) }),
    stepTimeout: ms(text.step_timeout),
    on: {
      noData: text.on.no_data,
      drift: text.on.drift,
      stepTimeout: text.on.step_timeout,
      signalError: text.on.signal_error,
      newVersion: text.on.new_version,
      ...(text.on.driver_lost === 'hold' ? {} : { driverLost: text.on.driver_lost }),
    },
    ...(text.capacity === undefined ? {} : { capacity: { maxRatio: text.capacity.max_ratio } }),
    ...given('datacenters', text.datacenters),
    ...(text.coverage === undefined ? {} : { coverage: { min: fraction(text.coverage.min), onLow: text.coverage.on_low } }),
    ...(text.route === undefined ? {} : { route: toRoute(text.route) }),
    ...(Object.keys(text.hooks).length === 0 ? {} : { hooks: toHooks(text.hooks) }),
    ...(text.checks.length === 0 ? {} : { checks: text.checks.map((one) => ({ name: one.name, program: toProgram(one) })) }),
    signals: watchUnanswered(
      text.signals.map((signal) => ({ ...toSignal(signal), ...(signal.dry_run ? { dryRun: true } : {}) })),
    ),
    ...(text.schedule === undefined ? {} : { schedule: toSchedule(text.schedule) }),
    ...(text.metrics === undefined ? {} : { metrics: toMetrics(text.metrics) }),
    callers: text.callers,
    ...(text.notify.length === 0 ? {} : { notify: toChannels(text.notify) }),
    ...(text.waves.length === 0 ? {} : { waves: text.waves.map(toWave) }),
  };
}

function toWave(wave: PlanText['waves'][number]): Wave {
  return {
    name: wave.name,
    address: wave.address,
    ...given('datacenter', wave.datacenter),
    ...given('tokenFile', wave.token_file),
    ...given('caFile', wave.ca_file),
    ...given('caPath', wave.ca_path),
    ...given('clientCert', wave.client_cert),
    ...given('clientKey', wave.client_key),
    ...given('tlsServerName', wave.tls_server_name),
  };
}

/**
 * The steps with every ramp written out: weight, pause, weight, … and exactly `to` at the end. Between a ramp and the next
 * step there is one more pause of `every`, unless that step is itself a pause or an analysis (its time is the time to stay), or there is none.
 */
export function expandSteps(steps: readonly StepText[]): readonly Step[] {
  let weight: BasisPoints = 0;
  return steps.flatMap((step, i): Step[] => {
    if ('weight' in step) {
      weight = points(step.weight);
      return [{ kind: 'weight', to: weight }];
    }
    if ('pause' in step) return [toPause(step.pause)];
    if ('analyse' in step) {
      const { for: time, min_requests: minRequests, early } = step.analyse;
      return [{ kind: 'analyse', for: ms(time), minRequests, ...(early ? {} : { early }) }];
    }
    if ('wait' in step) return [{ kind: 'wait', healthy: step.wait.healthy, deadline: ms(step.wait.deadline) }];
    if ('run' in step) {
      const { on_failure: onFailure, deploys } = step.run;
      return [{ kind: 'run', program: toProgram(step.run), onFailure, ...(deploys ? { deploys } : {}) }];
    }
    const { to, by, every } = step.ramp;
    const ramped = rampSteps(weight, points(to), points(by), ms(every));
    weight = points(to);
    const next = steps[i + 1];
    const staysAfter = next !== undefined && !('pause' in next) && !('analyse' in next);
    return staysAfter ? [...ramped, { kind: 'pause', for: ms(every) }] : [...ramped];
  });
}

function toPause(pause: Extract<StepText, { pause: unknown }>['pause']): Step {
  if (typeof pause === 'string') return { kind: 'pause', for: ms(pause) };
  return { kind: 'pause', ...(pause.deadline === undefined ? {} : { deadline: ms(pause.deadline) }) };
}

function toProgram({ command, url, method, timeout }: ProgramText): Program {
  if (command !== undefined) return { kind: 'command', command, timeout: ms(timeout) };
  return { kind: 'http', url: url ?? '', method: method ?? 'POST', timeout: ms(timeout) };
}

function toHooks(hooks: PlanText['hooks']): NonNullable<Plan['hooks']> {
  const named = Object.entries(hooks).flatMap(([name, hook]) => (hook === undefined ? [] : [[name, toHook(hook)] as const]));
  return Object.fromEntries(named);
}

function toHook(hook: HookText): Program {
  return Array.isArray(hook) ? { kind: 'command', command: hook, timeout: DEFAULTS.programTimeout } : toProgram(hook);
}

function toRoute({ header, cookie, sticky }: NonNullable<PlanText['route']>): Route {
  const kept = sticky === undefined ? {} : { sticky: { for: sticky === true ? DEFAULTS.sticky : ms(sticky.for) } };
  return { ...given('header', header), ...given('cookie', cookie), ...kept };
}

function toSubset(name: string, { version, filter }: SubsetText): Subset {
  if (version === undefined) return { name, filter: (filter ?? '').trim() };
  // Its filter is told from the catalog when the plan is used; until then there is none, and none is ever written.
  if (version === AUTO) return { name, filter: '', version };
  return { name, filter: versionFilter(version), version };
}

function toSignal(signal: SignalText): Signal {
  switch (signal.source) {
    case 'envoy': {
      const { name, source, codes, over, max, margin } = signal;
      const limit = margin === undefined ? { max: fraction(max ?? 0) } : { margin: fraction(margin) };
      const { metric = 'codes' } = signal;
      const counted = codes === undefined ? {} : { codes: codeTexts(codes) };
      return { name, source, metric, ...counted, ...(over === undefined ? {} : { over: ms(over) }), ...limit };
    }
    case 'prometheus': {
      const { name, source } = signal;
      const asked = { ...given('url', signal.url), ...given('query', signal.query), ...given('preset', signal.preset) };
      const counted = signal.codes === undefined ? {} : { codes: codeTexts(signal.codes) };
      const login = {
        ...given('username', signal.username),
        ...given('passwordFile', signal.password_file),
        ...given('tokenFile', signal.token_file),
        ...given('headers', signal.headers),
      };
      const patience = signal.timeout === undefined ? {} : { timeout: ms(signal.timeout) };
      return {
        name,
        source,
        ...asked,
        ...counted,
        ...login,
        ...given('window', signal.window),
        ...patience,
        ...numberLimitsOf(signal),
      };
    }
    case 'http': {
      const { name, source, url, method, interval, timeout, expect } = signal;
      const statuses = expect === undefined ? {} : { expect: [expect].flat() };
      const number = { ...given('json', signal.json), ...given('max', signal.max), ...given('min', signal.min) };
      const asked = { url, method, ...statuses, ...number, ...given('tokenFile', signal.token_file) };
      return { name, source, ...asked, interval: ms(interval), timeout: ms(timeout), ...limitsOf(signal) };
    }
    case 'exec': {
      const { name, source, command, interval, timeout } = signal;
      const bounds = { ...given('max', signal.max), ...given('min', signal.min) };
      return { name, source, command, ...bounds, interval: ms(interval), timeout: ms(timeout), ...limitsOf(signal) };
    }
    case 'consul':
      return { name: signal.name, source: signal.source, minHealthy: signal.min_healthy };
    default:
      return { name: signal.name, ...toVendorQuery(signal), ...numberLimitsOf(signal) };
  }
}

function codeTexts(codes: string | number | readonly (string | number)[]): readonly string[] {
  return [codes].flat().map(String);
}

function toMetrics({ port_meta, path, tls }: NonNullable<PlanText['metrics']>): NonNullable<Plan['metrics']> {
  const files = tls && {
    ...given('caFile', tls.ca_file),
    ...given('certFile', tls.cert_file),
    ...given('keyFile', tls.key_file),
    ...given('serverName', tls.server_name),
  };
  return { ...given('portMeta', port_meta), ...given('path', path), ...given('tls', files) };
}

function numberLimitsOf(signal: NumberText) {
  return {
    ...given('max', signal.max),
    ...given('min', signal.min),
    ...given('reduce', signal.reduce),
    ...comparisonOf(signal),
    interval: ms(signal.interval),
    ...limitsOf(signal),
  };
}

function comparisonOf({ compare, margin, worse }: NumberText): { readonly compare?: Comparison } {
  return compare === undefined ? {} : { compare: { margin: margin ?? 0, worse: worse ?? 'higher' } };
}

function limitsOf(signal: NumberText | Extract<SignalText, { source: 'http' | 'exec' }>) {
  return {
    failureLimit: signal.failure_limit,
    ...given('consecutive', signal.consecutive),
    errorLimit: signal.error_limit,
    inconclusiveLimit: signal.inconclusive_limit,
  };
}

function points(value: string | number): BasisPoints {
  return parsePercent(value) ?? 0;
}

/** Basis of a share: `"0.5%"` and `0.5` are 0.005. */
function fraction(value: string | number): number {
  return Number.parseFloat(String(value)) / 100;
}
