import { isRecord } from '../core/is-record.js';
import { parseJson } from './answer.js';
import { labelledAs } from './cluster-labels.js';
import { PRESET_LABELS } from './prometheus-presets.js';

/** What came back from an API. */
export interface Sent {
  readonly status: number;
  readonly body: string;
}

/** Divides Prometheus's answer about many services and subsets, read once: gives the answer that one of them would have got alone. Any other answer is everybody's. */
export function divideAnswer(sent: Sent): (service: string, subset: string) => Sent {
  const answer = parseJson(sent.body);
  const data = isRecord(answer) && isRecord(answer.data) ? answer.data : undefined;
  if (sent.status !== 200 || !isRecord(answer) || data === undefined || !Array.isArray(data.result)) return () => sent;
  const parts = new Map<string, unknown[]>();
  for (const series of data.result) {
    const metric = isRecord(series) && isRecord(series.metric) ? series.metric : {};
    const key = keyOf(metric[PRESET_LABELS.service], metric[PRESET_LABELS.subset]);
    const own = parts.get(key);
    if (own === undefined) parts.set(key, [series]);
    else own.push(series);
  }
  return (service, subset) => ({
    status: sent.status,
    body: JSON.stringify({ ...answer, data: { ...data, result: parts.get(keyOf(labelledAs(service)[0], subset)) ?? [] } }),
  });
}

function keyOf(service: unknown, subset: unknown): string {
  return JSON.stringify([service, subset]);
}
