import { fillPlaceholders } from '../core/placeholders.js';
import type { VendorSignal } from '../core/plan.js';
import { type Env, findSecret, needSecret, type Secret, sayKept } from '../net/secret.js';
import { findAddress } from './address.js';
import { readJson, withKept } from './answer.js';
import { type Ask, askForNumber } from './ask.js';
import { readFlux } from './influxdb-flux.js';
import { influxqlAnswer } from './influxdb-influxql.js';
import type { Measured } from './measured.js';
import type { Asking, Of } from './vendor.js';

type InfluxdbSignal = Of<VendorSignal, 'influxdb'>;

/** One number by Flux, or by InfluxQL where the signal names a database. The token appears in nothing that is returned. */
export function measureInfluxdb(signal: InfluxdbSignal, { target, env, abort }: Asking): Promise<Measured> {
  const query = fillPlaceholders(signal.query, target, (value) => value.replace(/[\\"']/g, '\\$&'));
  return askForNumber(query, () => (signal.database === undefined ? askFlux : askInfluxql)(signal, query, env), abort);
}

/** https://docs.influxdata.com/influxdb/v2/query-data/execute-queries/influx-api/ */
async function askFlux(signal: InfluxdbSignal, query: string, env: Env): Promise<Ask> {
  const org = signal.org ?? env.INFLUX_ORG;
  if (!org)
    throw new Error(
      `no organisation of InfluxDB; set INFLUX_ORG, or "org" of the signal ${signal.name} ("database" for InfluxQL)`,
    );
  const { url, keeps } = findAddress({ who: 'InfluxDB', signal, env, variable: 'INFLUX_HOST' }, '/api/v2/query');
  url.searchParams.set('org', org);
  const token = await needSecret(env, secretOf(signal, keeps), 'InfluxDB');
  return {
    who: 'InfluxDB',
    url,
    method: 'POST',
    headers: { authorization: `Token ${token}`, 'content-type': 'application/json', accept: 'application/csv' },
    body: JSON.stringify({ query, type: 'flux', dialect: { header: true, annotations: [] } }),
    secrets: [token],
    timeout: signal.timeout,
    read: readFlux(signal.reduce),
  };
}

/** https://docs.influxdata.com/influxdb/v2/api-guide/influxdb-1x/query/; version 1 itself may ask for no token. */
async function askInfluxql(signal: InfluxdbSignal, query: string, env: Env): Promise<Ask> {
  const { url, keeps } = findAddress({ who: 'InfluxDB', signal, env, variable: 'INFLUX_HOST' }, '/query');
  url.searchParams.set('db', signal.database ?? '');
  const secret = secretOf(signal, keeps);
  const token = await findSecret(env, secret);
  return {
    who: 'InfluxDB',
    url,
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Token ${token}` },
    body: new URLSearchParams({ q: query }),
    secrets: token === undefined ? [] : [token],
    timeout: signal.timeout,
    read: readJson(withKept(influxqlAnswer(signal.reduce), sayKept(env, secret))),
  };
}

function secretOf({ tokenFile }: InfluxdbSignal, keeps: string | undefined): Secret {
  return { variable: 'INFLUX_TOKEN', file: { key: 'token_file', path: tokenFile }, keeps };
}
