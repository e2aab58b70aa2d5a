import { DEFAULTS } from '../core/defaults.js';
import type { PrometheusSignal } from '../core/plan.js';
import type { Env } from '../net/secret.js';
import { findAddress } from './address.js';
import { readJson, withKept } from './answer.js';
import { type Ask, askForNumber, send } from './ask.js';
import type { Measured } from './measured.js';
import type { PresetBatches } from './preset-batch.js';
import { presetAnswer, prometheusAnswer } from './prometheus-answer.js';
import { openPrometheus } from './prometheus-api.js';
import { asksTogether, type PromTarget, presetQuery, promQuery } from './prometheus-presets.js';

/** Asks Prometheus one instant query; a preset together with all others who ask it just now. No secret appears in anything that is returned. */
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
    const address = findAddress({ who: 'Prometheus', signal, env, variable: 'PROMETHEUS_URL' }, '/api/v1/query');
    const { call, kept } = await openPrometheus(address, signal, env);
    const { preset, codes, timeout, reduce, username, passwordFile, tokenFile, headers } = signal;
    const ask = { ...call({ query }), timeout };
    if (signal.query !== undefined || preset === undefined)
      return { ...ask, read: readJson(withKept(prometheusAnswer(reduce), kept)) };
    const { service, namespace, partition, datacenter } = target;
    const subset = target.subset ?? target.canary;
    const window = signal.window ?? DEFAULTS.presetWindow;
    const login = [username, passwordFile, tokenFile, headers];
    const key = JSON.stringify([
      asksTogether(service) ? '' : service,
      address.url.href,
      login,
      preset,
      codes,
      window,
      namespace,
      partition,
      datacenter,
      timeout,
    ]);
    const sendTogether = () =>
      batches.ask(key, service, subset, (scope) =>
        send({ ...call({ query: presetQuery(preset, { ...target, ...scope, codes }, window) }), timeout }, abort),
      );
    return { ...ask, sent: sendTogether, read: readJson(withKept(presetAnswer(service, subset), kept)) };
  };
  return askForNumber(query, prepare, abort);
}
