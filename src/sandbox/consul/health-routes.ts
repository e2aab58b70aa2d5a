import { CHECK_FIELDS, HEALTH_FIELDS } from '../../core/filter-fields.js';
import { type Answer, type Call, json, type Reply, type Routes } from './call.js';
import { instancesOf, proxiesOf } from './catalog.js';
import { Failure } from './failure.js';
import { compileFilter } from './filter.js';

import type { ServiceRecord } from './records.js';
import type { State } from './state.js';
import { viewHealth } from './views.js';

/** /v1/health. */
export const healthRoutes: Routes = {
  '/v1/health/service/': { GET: (call) => read(call, instancesOf) },
  '/v1/health/connect/': { GET: (call) => read(call, proxiesOf) },
  '/v1/health/checks/': { GET: checks },
  '/v1/health/state/': { GET: inState },
};

function read(call: Call, find: (state: State, name: string) => ServiceRecord[]): Answer {
  const { state, rest: name, query } = call;
  if (name === '') throw new Failure(400, 'Missing service name');
  const passing = readFlag(query.get('passing'));
  const wanted = compileFilter(query.get('filter') ?? '', HEALTH_FIELDS);
  const central = query.has('merge-central-config');
  return () => {
    const found = find(state, name);
    const names = found.length === 0 ? [name] : [...new Set(found.map((service) => service.Service))];
    const entries = central ? state.tables.entries : 0;
    const index = Math.max(entries, ...names.map((each) => state.serviceIndexes.get(each) ?? state.tables.services));
    const reply = (): Reply => {
      const rows = found.map((service) => viewHealth(state, service, central)).filter(wanted);
      return leader(json(rows.filter((row) => !passing || row.Checks.every((check) => check.Status === 'passing'))));
    };
    return { index, mark: `${index}/${found.length}`, reply };
  };
}

function checks({ state, rest: name, query }: Call): Answer {
  const wanted = compileFilter(query.get('filter') ?? '', CHECK_FIELDS);
  return () => {
    const index = state.serviceIndexes.get(name) ?? state.tables.services;
    const found = [...state.checks.values()].filter((check) => check.ServiceName === name).filter(wanted);
    return { index, mark: index, reply: () => leader(json(found)) };
  };
}

const STATES = ['any', 'passing', 'warning', 'critical'];

function inState({ state, rest: wanted, query }: Call): Answer {
  if (!STATES.includes(wanted)) throw new Failure(400, `Invalid state '${wanted}'`);
  const fits = compileFilter(query.get('filter') ?? '', CHECK_FIELDS);
  return () => {
    const index = Math.max(state.tables.services, ...state.serviceIndexes.values());
    const found = [...state.checks.values()].filter((check) => wanted === 'any' || check.Status === wanted).filter(fits);
    return { index, mark: index, reply: () => leader(json(found)) };
  };
}

/** `?passing` alone is true; otherwise it takes what Go's ParseBool takes. */
function readFlag(value: string | null): boolean {
  if (value === null) return false;
  if (['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw new Failure(400, 'Invalid value for ?passing');
}

function leader(reply: Reply): Reply {
  return { ...reply, headers: { 'X-Consul-Effective-Consistency': 'leader' } };
}
