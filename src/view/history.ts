import type { History } from '../core/history.js';
import { formatTime } from '../core/record.js';

/** A decision log as `history -o json` prints it: times RFC 3339 UTC, weights in percent. */
export function historyJson(log: History): unknown {
  return {
    rollout: log.rollout,
    plans: log.plans,
    entries: log.entries.map((entry) => ({
      ...entry,
      at: formatTime(entry.at),
      startedAt: formatTime(entry.startedAt),
      enteredAt: formatTime(entry.enteredAt),
      asked: Object.fromEntries(entry.asked.map((leg) => [leg.subset, leg.weight / 100])),
      findings: entry.findings.map((finding) => ({ ...finding, at: finding.at === 0 ? null : formatTime(finding.at) })),
      ...(entry.observed === undefined
        ? {}
        : { observed: Object.fromEntries(Object.entries(entry.observed).map(([subset, share]) => [subset, share / 100])) }),
      ...(entry.programs === undefined ? {} : { programs: entry.programs.map((one) => ({ ...one, at: formatTime(one.at) })) }),
    })),
  };
}
