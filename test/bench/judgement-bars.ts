import type { Cell } from './judgement-simulate.js';

/** One promise of the bench: its limit, the worst that was measured, and where. */
export interface Bar {
  readonly name: string;
  readonly limit: number;
  readonly worst: number;
  readonly where: string;
  readonly holds: boolean;
}

/** A gate that reverts more healthy canaries than this, at the same rate of requests, is no rival: it is quick because it reverts everybody. */
const RIVAL = 0.05;
/** A canary of 0.3 % (and less) against a bound of 0.5 % is healthy beyond doubt. */
const SURELY_HEALTHY = 0.003;

/** The promises about false reverts and failed requests, held against the cells. */
export function judgeBars(cells: readonly Cell[]): readonly Bar[] {
  const own = cells.filter(isOwn);
  const alone = own.filter(({ stableErrors }) => stableErrors === null);
  const harmful = own.filter(({ failedMedian }) => failedMedian !== null);
  const at = (onset: (seconds: number) => boolean): readonly Cell[] =>
    alone.filter((cell) => cell.rps === 10 && cell.errors === 0.05 && onset(cell.onset));
  return [
    worst('false reverts at or under the bound', 0.01, own, ({ falseReverts }) => falseReverts),
    worst('failed requests, by the best rival’s', 1.25, harmful, (cell) => compareWithRivals(cell, cells)),
    worst(
      'failed requests at 5% errors, 10/s',
      8,
      at((onset) => onset === 0),
      ({ failedMedian }) => failedMedian,
    ),
    worst(
      'the same after an hour of health',
      12,
      at((onset) => onset > 0),
      ({ failedMedian }) => failedMedian,
    ),
  ];
}

/** The failed requests of a cell by those of the best rival in the same situation; null when there is no rival that caught anything. */
function compareWithRivals(cell: Cell, cells: readonly Cell[]): number | null {
  const rivals = cells.filter(
    (other) => !isOwn(other) && sameSituation(other, cell) && other.failedMedian !== null && isRival(other, cells),
  );
  const best = Math.min(...rivals.map(({ failedMedian }) => failedMedian!));
  return rivals.length === 0 || cell.failedMedian === null ? null : cell.failedMedian / best;
}

/** Whether the gate leaves healthy canaries alone at this rate of requests. */
function isRival(cell: Cell, cells: readonly Cell[]): boolean {
  const healthy = cells.filter(
    (other) =>
      other.gate === cell.gate && other.rps === cell.rps && other.errors <= SURELY_HEALTHY && other.falseReverts !== null,
  );
  return healthy.length > 0 && healthy.every(({ falseReverts }) => falseReverts! <= RIVAL);
}

function sameSituation(a: Cell, b: Cell): boolean {
  return a.rps === b.rps && a.errors === b.errors && a.onset === b.onset && a.stableErrors === b.stableErrors;
}

function isOwn({ gate }: Cell): boolean {
  return gate.startsWith('splitter');
}

function worst(name: string, limit: number, cells: readonly Cell[], measure: (cell: Cell) => number | null): Bar {
  const values = cells.flatMap((cell) => {
    const value = measure(cell);
    return value === null ? [] : [{ cell, value }];
  });
  const top = values.reduce((a, b) => (b.value > a.value ? b : a), { cell: cells[0]!, value: 0 });
  const where = `${top.cell.rps}/s, ${top.cell.errors * 100}% errors, onset ${top.cell.onset}s`;
  return { name, limit, worst: top.value, where, holds: top.value <= limit };
}
