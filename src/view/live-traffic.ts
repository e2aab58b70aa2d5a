import { COUNTED, sayShare } from '../core/coverage.js';
import { legsOf } from '../core/entries.js';
import { weightOf } from '../core/legs.js';
import { extraLegs, type Rollout } from '../core/rollout.js';
import { WHOLE } from '../core/weights.js';
import type { Glyphs } from './chart.js';
import type { Moment } from './plain.js';
import { oneLine, padTo } from './style.js';

const BAR = 22;

/** Where traffic is: a row for each leg with its weight asked, stored and observed, a bar, and its instances. */
export function trafficLines({ seen, plan }: Moment, rollout: Rollout, glyphs: Glyphs, width: number): readonly string[] {
  const stored = seen.splitter === undefined ? [] : legsOf(seen.splitter.entry, plan.service);
  const row = (role: string, subset: string): string => {
    const observed = seen.observed === undefined ? '      ?' : percent(seen.observed[subset] ?? 0);
    const share = seen.observed?.[subset] ?? weightOf(stored, subset);
    const filled = Math.round((share / WHOLE) * BAR);
    const instances = seen.instances[subset];
    const counts = instances === undefined ? '-' : `${instances.passing} / ${instances.warning} / ${instances.critical}`;
    const bar = glyphs.full.repeat(filled) + glyphs.empty.repeat(BAR - filled);
    return padTo(
      `  ${padTo(role, 8)}${percent(weightOf(rollout.asked, subset))} ${percent(weightOf(stored, subset))} ${observed}   ${bar}   ${counts}`,
      width,
    );
  };
  return [
    padTo('            asked  stored observed   0%     traffic    100%   ok/warn/bad', width),
    row('stable', rollout.stable),
    row('canary', rollout.canary),
    ...extraLegs(rollout).map((leg) => row(oneLine(leg.subset), leg.subset)),
    ...seenLine(seen, rollout, width),
  ];
}

/** What callers do not count has to be seen; that they count all of it is usual, and needs no line. */
function seenLine({ coverage }: Moment['seen'], { stable, canary }: Rollout, width: number): readonly string[] {
  const known = [stable, canary].flatMap((subset) => {
    const share = coverage?.[subset]?.share ?? null;
    return share === null ? [] : [{ subset, share }];
  });
  if (known.every(({ share }) => share >= COUNTED)) return [];
  const said = known.map(({ subset, share }) => `${sayShare(share)} of ${oneLine(subset)}'s requests`);
  return [padTo(`  seen    ${said.join(', ')}, as their callers count`, width)];
}

function percent(points: number): string {
  return `${(points / 100).toFixed(1)}%`.padStart(7);
}
