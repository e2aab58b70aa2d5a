import { AUTO } from '../core/auto.js';
import { ADDRESS_KEYS, type Channel, type SecretPlace, USUAL_NOTICES } from '../core/channel.js';
import { DEFAULTS } from '../core/defaults.js';
import { exactDuration } from '../core/duration.js';
import type { Plan, Program, Route, Schedule, StartRule, Step, Subset, Wave } from '../core/plan.js';
import { versionFilter } from '../core/versions.js';
import { given } from './given.js';
import { WEEKDAYS } from './schema-schedule.js';
import { percentText, signalText } from './text-of-signal.js';

/** Plain values in the names that a plan is written in. */
export type Text = Readonly<Record<string, unknown>>;

/** A plan as it would be written, without what is the default: read again it has the same digest, if a written plan can say it at all. */
export function textOfPlan(plan: Plan): Text {
  const own = ownLegs(plan);
  const subsets = plan.subsets.filter(({ name }) => !own.has(name));
  return {
    service: plan.service,
    ...given('namespace', plan.namespace),
    ...given('partition', plan.partition),
    ...given('datacenter', plan.datacenter),
    ...given('protocol', plan.protocol),
    subsets: Object.fromEntries(subsets.map((subset) => [subset.name, pickText(subset)])),
    ...given('stable', plan.stable),
    ...listed('legs', legTexts(plan, own)),
    steps: plan.steps.map(stepText),
    ...time('bake', plan.bake, DEFAULTS.bake),
    ...time('undo_window', plan.undoWindow, DEFAULTS.undoWindow),
    ...time('deadline', plan.deadline),
    ...time('step_timeout', plan.stepTimeout, DEFAULTS.stepTimeout),
    ...listed('on', policyTexts(plan)),
    ...(plan.capacity === undefined ? {} : { capacity: { max_ratio: plan.capacity.maxRatio } }),
    ...given('datacenters', plan.datacenters),
    ...(plan.coverage === undefined ? {} : { coverage: coverageText(plan.coverage) }),
    ...(plan.metrics === undefined ? {} : { metrics: metricsText(plan.metrics) }),
    ...(plan.route === undefined ? {} : { route: routeText(plan.route) }),
    ...listed(
      'checks',
      (plan.checks ?? []).map(({ name, program }) => ({ name, ...programText(program) })),
    ),
    ...listed('hooks', Object.fromEntries(Object.entries(plan.hooks ?? {}).map(([name, hook]) => [name, programText(hook)]))),
    ...listed('signals', plan.signals.map(signalText)),
    ...(plan.schedule === undefined ? {} : { schedule: scheduleText(plan.schedule) }),
    ...listed('waves', (plan.waves ?? []).map(waveText)),
    ...listed('callers', plan.callers),
    ...listed('notify', (plan.notify ?? []).map(channelText)),
  };
}

/** Legs with instances of their own: the last subsets, in the order of the legs. Those before them are written as subsets, for names of digits would sort otherwise. */
function ownLegs({ subsets, legs }: Plan): ReadonlySet<string> {
  for (let from = 0; from < subsets.length; from++) {
    const names = subsets.slice(from).map(({ name }) => name);
    const ordered = legs.map(({ subset }) => subset).filter((name) => names.includes(name));
    if (ordered.length === names.length && ordered.every((name, i) => name === names[i])) return new Set(names);
  }
  return new Set();
}

function legTexts({ subsets, legs }: Plan, own: ReadonlySet<string>): Text {
  return Object.fromEntries(
    legs.map(({ subset, weight }) => {
      const picked = own.has(subset) ? subsets.find(({ name }) => name === subset) : undefined;
      return [subset, { ...(picked === undefined ? {} : pickText(picked)), weight: weight / 100 }];
    }),
  );
}

/** How the instances of a subset are picked: by the version where its filter is the one that splitter writes for it, else by the filter itself. */
export function pickText({ version, filter }: Subset): Text {
  const said = version !== undefined && (version === AUTO ? filter === '' : versionFilter(version) === filter);
  return said ? { version } : { filter };
}

function stepText(step: Step): Text {
  switch (step.kind) {
    case 'weight':
      return { weight: step.to / 100 };
    case 'pause':
      return { pause: step.for === undefined ? time('deadline', step.deadline) : exactDuration(step.for) };
    case 'analyse': {
      const requests = step.minRequests === DEFAULTS.minRequests ? {} : { min_requests: step.minRequests };
      return { analyse: { for: exactDuration(step.for), ...requests, ...given('early', step.early) } };
    }
    case 'wait':
      return { wait: { healthy: step.healthy, ...time('deadline', step.deadline, DEFAULTS.wait.deadline) } };
    case 'run':
      return {
        run: {
          ...programText(step.program),
          ...(step.onFailure === 'revert' ? {} : { on_failure: step.onFailure }),
          ...given('deploys', step.deploys),
        },
      };
  }
}

function programText(program: Program): Text {
  const timeout = time('timeout', program.timeout, DEFAULTS.programTimeout);
  if (program.kind === 'command') return { command: program.command, ...timeout };
  return { url: program.url, ...(program.method === 'POST' ? {} : { method: program.method }), ...timeout };
}

function policyTexts({ on }: Plan): Text {
  const usual: Plan['on'] = DEFAULTS.on;
  return {
    ...(on.noData === usual.noData ? {} : { no_data: on.noData }),
    ...(on.drift === usual.drift ? {} : { drift: on.drift }),
    ...(on.stepTimeout === usual.stepTimeout ? {} : { step_timeout: on.stepTimeout }),
    ...(on.newVersion === usual.newVersion ? {} : { new_version: on.newVersion }),
    ...given('driver_lost', on.driverLost),
    ...(on.signalError === usual.signalError ? {} : { signal_error: on.signalError }),
  };
}

function waveText({ name, address, ...rest }: Wave): Text {
  return {
    name,
    address,
    ...given('datacenter', rest.datacenter),
    ...given('token_file', rest.tokenFile),
    ...given('ca_file', rest.caFile),
    ...given('ca_path', rest.caPath),
    ...given('client_cert', rest.clientCert),
    ...given('client_key', rest.clientKey),
    ...given('tls_server_name', rest.tlsServerName),
  };
}

function routeText({ header, cookie, sticky }: Route): Text {
  const kept = sticky === undefined ? {} : { sticky: sticky.for === DEFAULTS.sticky || { for: exactDuration(sticky.for) } };
  return { ...given('header', header), ...given('cookie', cookie), ...kept };
}

function scheduleText({ start, windows = [], freeze = [] }: Schedule): Text {
  return {
    ...(start === undefined ? {} : { start: startText(start) }),
    ...listed(
      'windows',
      windows.map(({ days, from, to, timezone }) => ({
        ...(days.length === WEEKDAYS.length ? {} : { days: days.map((day) => WEEKDAYS[day]) }),
        from: clock(from),
        to: clock(to),
        ...zone(timezone),
      })),
    ),
    ...listed(
      'freeze',
      freeze.map(({ timezone, ...span }) => ({ ...span, ...zone(timezone) })),
    ),
  };
}

function coverageText({ min, onLow }: NonNullable<Plan['coverage']>): Text {
  return { min: percentText(min), ...(onLow === 'hold' ? {} : { on_low: onLow }) };
}

function metricsText({ portMeta, path, tls }: NonNullable<Plan['metrics']>): Text {
  const files = tls && {
    ...given('ca_file', tls.caFile),
    ...given('cert_file', tls.certFile),
    ...given('key_file', tls.keyFile),
    ...given('server_name', tls.serverName),
  };
  return { ...given('port_meta', portMeta), ...given('path', path), ...given('tls', files) };
}

function startText(start: StartRule): Text {
  if (start.kind === 'new-version') return { on: 'new_version' };
  const late = time('catch_up', start.catchUp, DEFAULTS.catchUp);
  if (start.kind === 'at') return { at: new Date(start.at).toISOString().replace('.000Z', 'Z'), ...late };
  return { cron: start.text, ...zone(start.timezone), ...late };
}

function channelText(channel: Channel): Text {
  const usual = channel.on.length === USUAL_NOTICES.length && USUAL_NOTICES.every((kind) => channel.on.includes(kind));
  const on = usual ? {} : { on: channel.on };
  const { kind, address } = channel;
  const where = 'url' in address ? { url: address.url } : secretText(address, ADDRESS_KEYS[kind]);
  return { [kind]: { ...where, ...ownText(channel) }, ...on };
}

/** What a channel has besides its address. */
function ownText(channel: Channel): Text {
  switch (channel.kind) {
    case 'slack':
    case 'discord':
      return {};
    case 'teams':
      return given('format', channel.format);
    case 'pagerduty':
      return given('url', channel.url);
    case 'webhook':
      return {
        ...listed(
          'headers',
          Object.fromEntries(Object.entries(channel.headers ?? {}).map(([name, place]) => [name, { ...place }])),
        ),
        ...given('token_file', channel.tokenFile),
        ...(channel.secret === undefined ? {} : secretText(channel.secret, 'secret')),
      };
  }
}

function secretText(place: SecretPlace, key: string): Text {
  return 'file' in place ? { [`${key}_file`]: place.file } : { [`${key}_env`]: place.env };
}

function time(key: string, ms: number | undefined, usual?: number): Text {
  return ms === undefined || ms === usual ? {} : { [key]: exactDuration(ms) };
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function zone(timezone: string): Text {
  return timezone === 'UTC' ? {} : { timezone };
}

function listed(key: string, value: readonly unknown[] | Text): Text {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}
