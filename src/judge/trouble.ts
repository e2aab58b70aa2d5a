/** Why the last reading gave no number: there was none to give, or it could not be measured. `streak` counts such readings in a row. */
export interface Trouble {
  readonly kind: 'none' | 'error';
  readonly why: string;
  readonly streak: number;
  /** Readings in a row without a number, of either kind. */
  readonly gap: number;
}

/** The trouble after one more reading of this kind; a streak of errors is broken by anything else. */
export function addTrouble(before: Trouble | null, kind: Trouble['kind'], why: string): Trouble {
  return { kind, why, streak: before?.kind === kind ? before.streak + 1 : 1, gap: (before?.gap ?? 0) + 1 };
}

/** Compact form for the record; the reason itself is not kept, the next reading gives it again. */
export function encodeTrouble(trouble: Trouble | null): number {
  return trouble === null ? 0 : trouble.kind === 'none' ? -trouble.streak : trouble.streak;
}

/** The trouble of such a number; a gap that is not given was all of its kind. */
export function decodeTrouble(code: number, gap: number = Math.abs(code)): Trouble | null {
  if (code === 0) return null;
  return code < 0
    ? { kind: 'none', why: 'the last reading had no data', streak: -code, gap }
    : { kind: 'error', why: 'the last reading failed', streak: code, gap };
}
