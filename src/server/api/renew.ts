import type { RolloutDetail, RolloutRow } from './schemas.js';

type Leg = RolloutRow['stable'];

/** A rollout that was read, with what the stream tells of it since. A row that was only glimpsed (by a controller that does not look after the service) takes away no evidence. */
export function renew(old: RolloutDetail, row: RolloutRow): RolloutDetail {
  // What is optional is absent when it is over.
  const { held: _, following: __, datacenters, ...kept } = old;
  const next = { ...kept, ...row, plan: row.plan && { ...row.plan, source: old.plan?.source ?? null } };
  if (row.step === null || row.step.of !== null) return next;
  // Of another rollout nothing may be kept, and all is yet to be read.
  if (row.rollout !== old.rollout) return old;
  return {
    ...next,
    signals: row.signals.length > 0 ? row.signals : old.signals,
    healthyAt: row.healthyAt ?? old.healthyAt,
    step: row.step.index === old.step?.index ? old.step : { ...row.step, of: old.step?.of ?? null },
    stable: withKnown(row.stable, old),
    canary: withKnown(row.canary, old),
    legs: row.legs.map((leg) => withKnown(leg, old)),
    ...(row.datacenters === undefined && datacenters !== undefined ? { datacenters } : {}),
  };
}

function withKnown<L extends Leg>(leg: L, { stable, canary, legs }: RolloutDetail): L {
  const before = [stable, canary, ...legs].find(
    (one) => one !== null && one.subset === leg?.subset && one.service === leg.service,
  );
  if (leg === null || !before) return leg;
  const { weight, instances, coverage } = leg;
  return {
    ...leg,
    weight: { ...weight, observed: weight.observed ?? before.weight.observed },
    instances: instances ?? before.instances,
    coverage: coverage ?? before.coverage,
  };
}
