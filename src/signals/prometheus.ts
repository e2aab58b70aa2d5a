import { DEFAULTS } from '../core/defaults.js';
import type { PrometheusSignal } from '../core/plan.js';
import type { Env } from '../net/secret.js';
import { findAddress } from './address.js';
import { readJson } from './answer.js';
import { type Ask, askForNumber, send } from './ask.js';
import type { Measured } from './measured.js';
import type { PresetBatches } from './preset-batch.js';
import { presetAnswer, prometheusAnswer } from './prometheus-answer.js';
import { openPrometheus } from './prometheus-api.js';
import { type PromTarget, presetQuery, promQuery } from './prometheus-presets.js';

/** Asks Prometheus one instant query; a preset together with all others who ask it just now. The token appears in nothing that is returned. */
export async function measurePrometheus(
  signal: PrometheusSignal,
  target: PromTarget,
  env: Env,
  batches: PresetBatches,
  abort: AbortSignal,
): Promise<Measured> {
  const query = promQuery(signal, target) ?? '';
  const prepare = async (): Promise<Ask> => {
    if (query === '') throw new Error(`${signal.name} has neither a query nor a preset; write one of them`);
    const url = findAddress({ who: 'Prometheus', signal, env, variable: 'PROMETHEUS_URL' }, '/api/v1/query');
    const call = await openPrometheus(url, env);
    const { preset, timeout, reduce } = signal;
    const ask = { ...call({ query }), timeout };
    if (signal.query !== undefined || preset === undefined) return { ...ask, read: readJson(prometheusAnswer(reduce)) };
    const { service, namespace, partition, datacenter } = target;
    const subset = target.subset ?? target.canary;
    const window = signal.window ?? DEFAULTS.presetWindow;
    const key = JSON.stringify([url.href, preset, window, namespace, partition, datacenter, timeout]);
    const sendTogether = () =>
      batches.ask(key, service, subset, (scope) =>
        send({ ...call({ query: presetQuery(preset, { ...target, ...scope }, window) }), timeout }, abort),
      );
    return { ...ask, sent: sendTogether, read: readJson(presetAnswer(service, subset)) };
  };
  return askForNumber(query, prepare, abort);
}
