import { storedLegs } from '../core/entries.js';
import { type Leg, nameLeg, weightTo } from '../core/legs.js';
import { extraLegs, type Rollout } from '../core/rollout.js';
import { WHOLE } from '../core/weights.js';
import type { Glyphs } from './chart.js';
import type { Moment } from './plain.js';
import { oneLine, padTo } from './style.js';

const BAR = 22;

type Place = Pick<Leg, 'subset' | 'service'>;

/** Where traffic is: a row for each leg with its weight asked, stored and observed, a bar, and its instances. */
export function trafficLines({ seen, plan }: Moment, rollout: Rollout, glyphs: Glyphs, width: number): readonly string[] {
  const stored = storedLegs(seen, plan.service);
  const row = (role: string, to: Place): string => {
    const own = to.service === undefined;
    const measured = own ? seen.observed : undefined;
    const observed = measured === undefined ? '      ?' : percent(measured[to.subset] ?? 0);
    const share = measured?.[to.subset] ?? weightTo(stored, to);
    const filled = Math.round((share / WHOLE) * BAR);
    const instances = own ? seen.instances[to.subset] : undefined;
    const counts = instances === undefined ? '-' : `${instances.passing} / ${instances.warning} / ${instances.critical}`;
    const bar = glyphs.full.repeat(filled) + glyphs.empty.repeat(BAR - filled);
    return padTo(
      `  ${padTo(role, 8)}${percent(weightTo(rollout.asked, to))} ${percent(weightTo(stored, to))} ${observed}   ${bar}   ${counts}`,
      width,
    );
  };
  return [
    padTo('            asked  stored observed   0%     traffic    100%   ok/warn/bad', width),
    row('stable', { subset: rollout.stable }),
    row('canary', { subset: rollout.canary }),
    ...extraLegs(rollout).map((leg) => row(oneLine(nameLeg(leg)), leg)),
  ];
}

function percent(points: number): string {
  return `${(points / 100).toFixed(1)}%`.padStart(7);
}
