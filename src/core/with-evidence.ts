import type { LegStatus, SignalStatus, Status } from './status.js';

/** What whoever measures a rollout sees just now. */
export interface LiveEvidence {
  readonly signals: readonly SignalStatus[];
  /** Observed weights in percent by subset; null where unknown. */
  readonly observed: Readonly<Record<string, number | null>>;
}

/** The status with what is measured just now instead of what the record remembers. */
export function withEvidence(status: Status, { signals, observed }: LiveEvidence): Status {
  const measured = <L extends LegStatus | null>(leg: L): L =>
    leg === null || observed[leg.subset] === undefined
      ? leg
      : { ...leg, weight: { ...leg.weight, observed: observed[leg.subset] } };
  return {
    ...status,
    signals,
    stable: measured(status.stable),
    canary: measured(status.canary),
    legs: status.legs.map(measured),
  };
}

/** The evidence in a status. */
export function evidenceOf({
  stable,
  canary,
  legs,
  signals,
}: Pick<Status, 'stable' | 'canary' | 'legs' | 'signals'>): LiveEvidence {
  const all = [stable, canary, ...legs].flatMap((leg) => (leg === null ? [] : [leg]));
  return { signals, observed: Object.fromEntries(all.map(({ subset, weight }) => [subset, weight.observed])) };
}
