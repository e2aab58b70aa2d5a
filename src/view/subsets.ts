import { describeSkipped, isGone, serving } from '../core/observation.js';
import type { SubsetReport, SubsetRow } from '../core/subsets.js';
import { harmless, padTo, type Style } from './style.js';

/** The subsets of a service for people: a table, who is in no subset and why, and what to type. */
export function renderSubsets(report: SubsetReport, style: Style): string {
  const { service, subsets, strays, hidden } = report;
  const lines = [
    ...(subsets.length === 0
      ? [`${service} has no subsets yet`]
      : [`${padTo('subset', 14)} ${padTo('role', 7)}${'weight'.padStart(8)}   ok/warn/bad   ${padTo('version', 12)} filter`]),
    ...subsets.map((row) => line(row, style)),
    ...strays.map(({ version, instances }) => {
      const who = `${instances} ${instances === 1 ? 'sidecar' : 'sidecars'}`;
      return style.warn(
        version === null ? `in no subset: ${who} without a version` : `in no subset: version ${harmless(version)}, ${who}`,
      );
    }),
    ...hidden.map(({ sidecar, node, says, version }) =>
      style.warn(
        `hidden: ${harmless(sidecar)} on ${harmless(node)} stands for version ${harmless(version)}, but its own Meta says ${says === null ? 'none' : harmless(says)}; filters look at the sidecar`,
      ),
    ),
    ...nextCommands(report).map((text) => style.dim(`  -> ${text}`)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What to type next, or to change. */
export function nextCommands({ service, subsets, strays, hidden }: SubsetReport): readonly string[] {
  const [newest] = strays.flatMap(({ version }) => (version === null ? [] : [version])).slice(-1);
  const idle = subsets.find(({ role, weight }) => role === 'canary' && !weight)?.subset ?? 'green';
  const starving = subsets.find(({ weight, instances }) => (weight ?? 0) > 0 && isGone(instances));
  const next = [
    ...(starving === undefined
      ? []
      : [
          `${wayOut(subsets, service, starving)}   ${starving.subset} carries ${starving.weight}% and no instance of it is ready`,
        ]),
    ...(hidden.length === 0 ? [] : ['register these sidecars with the same Meta { version = "…" }, or with none of their own']),
    ...(newest !== undefined && subsets.length > 0
      ? [`in the plan: subsets: { ${idle}: { version: ${JSON.stringify(newest)} } };   splitter apply FILE`]
      : []),
  ];
  if (next.length > 0) return next;
  const under = subsets.some(({ role, weight }) => role === 'canary' && (weight ?? 0) > 0);
  return under
    ? [`splitter status ${service};   splitter abort ${service}`]
    : [`splitter ramp ${service} --to 10;   splitter status ${service}`];
}

/** Away from a subset with nobody: never towards another one, and never what would be refused. */
function wayOut(subsets: readonly SubsetRow[], service: string, starving: SubsetRow): string {
  const others = subsets.filter(({ subset, instances }) => subset !== starving.subset && serving(instances) > 0);
  if (others.length === 0) return `deploy ${service} again:`;
  if (starving.role === 'canary') return `splitter abort ${service}`;
  return others.some(({ weight }) => (weight ?? 0) > 0) ? `splitter promote ${service} --full` : `splitter undo ${service}`;
}

function line({ subset, role, weight, instances, version, filter }: SubsetRow, style: Style): string {
  const { passing, warning, critical } = instances;
  const skipped = describeSkipped(harmless(subset), instances);
  const counts = padTo(`${passing}/${warning}/${critical}`, 11);
  const share = weight === null ? '-' : `${weight}%`;
  return `${padTo(harmless(subset), 14)} ${padTo(role ?? '-', 7)}${share.padStart(8)}   ${isGone(instances) ? style.warn(counts) : counts}   ${padTo(harmless(version ?? '-'), 12)} ${harmless(filter || '(every instance)')}${skipped === undefined ? '' : style.warn(`   ${skipped}`)}`;
}
