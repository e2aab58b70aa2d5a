import type { LegStatus, SignalStatus, Status } from './status.js';

/** What whoever measures a rollout sees just now. */
export interface LiveEvidence {
  readonly signals: readonly SignalStatus[];
  /** Observed weights in percent by subset; null where unknown. */
  readonly observed: Readonly<Record<string, number | null>>;
  /** Coverage in percent by subset; null where unknown. */
  readonly coverage: Readonly<Record<string, number | null>>;
  /** How callers follow the weights; absent where nobody looks. */
  readonly following?: Status['following'];
  /** When every signal was last good; null where it has not seen that. */
  readonly healthyAt: string | null;
}

/** The status with what is measured just now instead of what the record remembers. */
export function withEvidence(status: Status, { signals, observed, coverage, healthyAt, following }: LiveEvidence): Status {
  const measured = <L extends LegStatus | null>(leg: L): L =>
    leg === null || observed[leg.subset] === undefined
      ? leg
      : { ...leg, weight: { ...leg.weight, observed: observed[leg.subset] }, coverage: coverage[leg.subset] ?? null };
  return {
    ...status,
    ...(following === undefined ? {} : { following }),
    signals,
    healthyAt: healthyAt ?? status.healthyAt,
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
  healthyAt,
  following,
}: Pick<Status, 'stable' | 'canary' | 'legs' | 'signals' | 'healthyAt' | 'following'>): LiveEvidence {
  const all = [stable, canary, ...legs].flatMap((leg) => (leg === null ? [] : [leg]));
  const by = (tell: (leg: LegStatus) => number | null) => Object.fromEntries(all.map((leg) => [leg.subset, tell(leg)]));
  return {
    signals,
    healthyAt,
    observed: by(({ weight }) => weight.observed),
    coverage: by(({ coverage }) => coverage),
    ...(following === undefined ? {} : { following }),
  };
}
