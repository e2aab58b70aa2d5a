import { describeCheck, type NewService, putCheck } from './catalog.js';
import { parseNanoseconds } from './duration.js';
import type { CheckRecord, CheckStatus, JsonObject } from './records.js';
import type { State } from './state.js';

const WORST: Readonly<Record<CheckStatus, number>> = { passing: 0, warning: 1, critical: 2 };

interface Watched {
  readonly deadlines: Map<string, NodeJS.Timeout>;
  readonly ttls: Map<string, number>;
  readonly aliases: Map<string, string>;
}

const watched = new WeakMap<State, Watched>();

/**
 * Registers a check of an instance as its definition says. TTL checks turn critical when nobody reports in time; alias checks follow the checks of the
 * instance that they name; all others keep the status that they were given (critical unless `Status` says otherwise).
 */
export function startCheck(state: State, service: NewService, definition: JsonObject, id: string): void {
  const ttl = text(definition.TTL);
  const alias = text(definition.AliasService);
  const type = typeOf(definition);
  const status = (text(definition.Status) || (alias === '' ? 'critical' : 'passing')) as CheckStatus;
  putCheck(
    state,
    describeCheck({
      node: service.node,
      id: text(definition.CheckID) || id,
      name: text(definition.Name) || `Service '${service.Service}' check`,
      status,
      notes: text(definition.Notes),
      type,
      interval: text(definition.Interval),
      service,
    }),
  );
  const key = `${service.node}/${text(definition.CheckID) || id}`;
  if (ttl !== '') {
    timersOf(state).ttls.set(key, (parseNanoseconds(ttl) ?? 0) / 1e6);
    if (status !== 'critical') startDeadline(state, key);
  }
  if (alias !== '') {
    timersOf(state).aliases.set(key, `${service.node}/${alias}`);
    followAliases(state);
  }
}

/** Sets the status of a check as its instance reports it, and starts its time anew. */
export function reportCheck(state: State, check: CheckRecord, status: CheckStatus, output: string): void {
  const { CreateIndex: _created, ModifyIndex: _modified, ...content } = check;
  putCheck(state, { ...content, Status: status, Output: output });
  startDeadline(state, `${check.Node}/${check.CheckID}`);
  followAliases(state);
}

/** Brings every alias check to the worst status of the checks that it stands for. */
export function followAliases(state: State): void {
  for (const [key, target] of timersOf(state).aliases) {
    const check = state.checks.get(key);
    if (check === undefined) continue;
    const [node, id] = [target.slice(0, target.indexOf('/')), target.slice(target.indexOf('/') + 1)];
    const followed = [...state.checks.values()].filter((other) => other.Node === node && other.ServiceID === id);
    const worst = followed.sort((a, b) => WORST[b.Status] - WORST[a.Status])[0];
    const { CreateIndex: _created, ModifyIndex: _modified, ...content } = check;
    putCheck(state, { ...content, Status: worst?.Status ?? 'passing', Output: describeAlias(worst) });
  }
}

/** Stops all the timers of this state's checks. */
export function stopChecks(state: State): void {
  for (const timer of watched.get(state)?.deadlines.values() ?? []) clearTimeout(timer);
  watched.delete(state);
}

function describeAlias(worst: CheckRecord | undefined): string {
  if (worst === undefined) return 'No checks found.';
  return worst.Status === 'passing' ? 'All checks passing.' : `Aliased check "${worst.Name}" failing: ${worst.Output}`;
}

function startDeadline(state: State, key: string): void {
  const { deadlines, ttls } = timersOf(state);
  clearTimeout(deadlines.get(key));
  const ttl = ttls.get(key);
  if (ttl === undefined) return;
  const expire = (): void => {
    const check = state.checks.get(key);
    if (check === undefined) return;
    const { CreateIndex: _created, ModifyIndex: _modified, ...content } = check;
    putCheck(state, { ...content, Status: 'critical', Output: 'TTL expired' });
    followAliases(state);
  };
  deadlines.set(key, setTimeout(expire, ttl).unref());
}

function timersOf(state: State): Watched {
  const known = watched.get(state);
  if (known !== undefined) return known;
  const fresh: Watched = { deadlines: new Map(), ttls: new Map(), aliases: new Map() };
  watched.set(state, fresh);
  return fresh;
}

function typeOf(definition: JsonObject): string {
  for (const [field, type] of [
    ['TTL', 'ttl'],
    ['HTTP', 'http'],
    ['TCP', 'tcp'],
    ['GRPC', 'grpc'],
    ['AliasService', 'alias'],
  ] as const) {
    if (definition[field] !== undefined && definition[field] !== '') return type;
  }
  return '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
