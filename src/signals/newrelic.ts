import { z } from 'zod';
import { fillPlaceholders } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import type { Reduction } from '../core/reduce.js';
import type { Measurement } from '../core/verdict.js';
import { type Env, needSecret } from '../net/secret.js';
import { findAddress } from './address.js';
import { fail, type JsonAnswer, numberOf, readJson, reduceSeries } from './answer.js';
import { askForNumber } from './ask.js';
import type { Measured } from './measured.js';
import type { Asking, Of } from './vendor.js';

type NewRelicSignal = Of<VendorSignal, 'newrelic'>;

const HOSTS: Readonly<Record<string, string>> = { us: 'https://api.newrelic.com', eu: 'https://api.eu.newrelic.com' };
const GRAPHQL = 'query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql) { results } } } }';
/** Keys of a row that say what it is about, not what was asked for. */
const ABOUT: ReadonlySet<string> = new Set(['beginTimeSeconds', 'endTimeSeconds', 'timestamp', 'inspectedCount']);

/** One number by NRQL. https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/ */
export function measureNewRelic(signal: NewRelicSignal, { target, env, abort }: Asking): Promise<Measured> {
  const query = fillPlaceholders(signal.query, target, (value) => value.replace(/[\\']/g, '\\$&'));
  const prepare = async () => {
    const account = findAccount(signal, env);
    const isOwn = ({ origin }: URL): boolean => Object.values(HOSTS).includes(origin);
    const from = { who: 'New Relic', signal, env, variable: 'NEW_RELIC_API_URL', usual: hostOf(signal, env), isOwn };
    const { url, keeps } = findAddress(from, '/graphql');
    const file = { key: 'key_file', path: signal.keyFile };
    const key = await needSecret(env, { variable: 'NEW_RELIC_API_KEY', file, keeps }, 'New Relic');
    return {
      who: 'New Relic',
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'api-key': key },
      body: JSON.stringify({ query: GRAPHQL, variables: { account, nrql: query } }),
      secrets: [key],
      timeout: signal.timeout,
      read: readJson(answerOf(signal.reduce)),
    };
  };
  return askForNumber(query, prepare, abort);
}

const shape = z.object({
  data: z.object({
    actor: z.object({ account: z.object({ nrql: z.object({ results: z.array(z.record(z.string(), z.unknown())) }) }) }),
  }),
});
const refused = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });
const hint = 'check that NEW_RELIC_API_KEY or key_file holds a user key of this region that may query the account';

function answerOf(reduction: Reduction | undefined): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'New Relic',
    hints: { 401: hint, 403: hint },
    said: (answer) =>
      refused
        .safeParse(answer)
        .data?.errors.map(({ message }) => message)
        .join('; '),
    shape,
    read({ data }) {
      const { results } = data.actor.account.nrql;
      if (results.length === 0) return { kind: 'none', why: 'the query returns no result' };
      return reduceSeries(results.map(numberIn), reduction, 'leave FACET and TIMESERIES out, so that NRQL gives one');
    },
  };
}

/** The only value of a row: `{"count": 3}`, or `{"percentile.duration": {"95": 0.3}}`; texts beside it are facets. */
function numberIn(row: Readonly<Record<string, unknown>>): Measurement {
  const values = Object.entries(row).filter(([key, value]) => !ABOUT.has(key) && typeof value !== 'string');
  const [only, ...more] = values.flatMap(([key, value]) => {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return nested ? Object.entries(value).map(([inner, one]) => ({ key: `${key}.${inner}`, one })) : [{ key, one: value }];
  });
  if (more.length > 0) return fail(`the query returns ${more.length + 1} values; SELECT only one`);
  return only === undefined ? fail('the query returns no number; SELECT one, for example count(*)') : numberOf(only.one);
}

function findAccount(signal: NewRelicSignal, env: Env): number {
  const account = signal.account ?? Number(env.NEW_RELIC_ACCOUNT_ID || Number.NaN);
  if (Number.isSafeInteger(account) && account > 0) return account;
  throw new Error(`no account of New Relic; set NEW_RELIC_ACCOUNT_ID to its number, or "account" of the signal ${signal.name}`);
}

function hostOf(signal: NewRelicSignal, env: Env): string {
  const region = signal.region ?? (env.NEW_RELIC_REGION || 'us').toLowerCase();
  const host = HOSTS[region];
  if (host === undefined) throw new Error('NEW_RELIC_REGION is no region of New Relic; write us or eu');
  return host;
}
