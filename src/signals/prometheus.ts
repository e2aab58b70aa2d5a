import type { PrometheusSignal } from '../core/plan.js';
import { findAddress } from './address.js';
import { readJson } from './answer.js';
import { askForNumber } from './ask.js';
import type { Measured } from './measured.js';
import { prometheusAnswer } from './prometheus-answer.js';
import { openPrometheus } from './prometheus-api.js';
import { type PromTarget, promQuery } from './prometheus-presets.js';
import type { Env } from './secret.js';

/** Asks Prometheus one instant query. The token (PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE) appears in nothing that is returned. */
export async function measurePrometheus(
  signal: PrometheusSignal,
  target: PromTarget,
  env: Env,
  abort: AbortSignal,
): Promise<Measured> {
  const query = promQuery(signal, target) ?? '';
  const prepare = async () => {
    if (query === '') throw new Error(`${signal.name} has neither a query nor a preset; write one of them`);
    const url = findAddress({ who: 'Prometheus', signal, env, variable: 'PROMETHEUS_URL' }, '/api/v1/query');
    const call = await openPrometheus(url, env);
    return { ...call({ query }), timeout: signal.timeout, read: readJson(prometheusAnswer(signal.reduce)) };
  };
  return askForNumber(query, prepare, abort);
}
