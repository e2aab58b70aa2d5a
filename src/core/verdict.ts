/** What the evidence of one signal says now. `Inconclusive`: no data, or too little. `Error`: could not measure. Neither is ever a pass. */
export type Verdict = 'Successful' | 'Failed' | 'Inconclusive' | 'Error';

/** Requests of one subset since the last reading: how many, and how many of them were bad. */
export interface Counts {
  readonly bad: number;
  readonly total: number;
}

/** What one caller met of both roles since the last reading; `caller` names it for people, and tells it from the others. */
export interface CallerCounts {
  readonly caller: string;
  readonly canary: Counts;
  readonly stable: Counts;
}

/** One reading of a signal, before judgement. Counts are increments since the reading before. */
export type Measurement =
  | {
      readonly kind: 'counts';
      readonly canary: Counts;
      readonly stable: Counts;
      /** The same of those callers of which something is new; absent where there is one caller only, or none by itself. */
      readonly callers?: readonly CallerCounts[];
    }
  | { readonly kind: 'scalar'; readonly value: number }
  /** The same number of both, taken at the same moment. */
  | { readonly kind: 'pair'; readonly canary: number; readonly stable: number }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'error'; readonly why: string };

/** A measurement with what it takes to explain it later: when, by which query, and the raw answer (short, without secrets). */
export interface Reading {
  readonly signal: string;
  readonly at: number;
  readonly query: string;
  readonly raw: string;
  readonly measurement: Measurement;
  /** What a reader has to know about the numbers: how old some may be, and which cannot be told apart; added to the finding's sentence. */
  readonly note?: string;
  /** Counts only: how much of canary's requests was seen, as a part of a sentence; absent where nothing is known to be missing. */
  readonly sight?: string;
}

/** The ends of an interval, in percent. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** The judged state of one signal, ready to show: `value`, `bound` as text for people; `samples` counts requests or measurements. */
export interface Finding {
  readonly name: string;
  readonly source: string;
  readonly verdict: Verdict;
  readonly value: string | null;
  readonly bound: string;
  readonly samples: number;
  /** Bad requests (or failed measurements) among the samples. */
  readonly failed: number;
  readonly at: number;
  /** One sentence with the numbers. */
  readonly message: string;
  /** Stable is clearly worse than canary by this signal: the trouble is elsewhere. */
  readonly stableWorse?: boolean;
  /** Counts only: what is seen so far is above the bound, and too little to tell whether the truth is. */
  readonly above?: boolean;
  /** Counts only: 99 % sure that the true share is within the bound (of a comparison: within what stable shows), at whatever moment one looks. */
  readonly clear?: boolean;
  /** Counts only: where the true share lies, 99 % sure at whatever moment one looks; in the unit of the value. Absent without requests. */
  readonly band?: Band | undefined;
  readonly query?: string;
  /** Shown and logged only: it neither reverts nor holds anything. */
  readonly dryRun?: boolean;
}

/** The findings that may revert or hold: all but those of dry runs. */
export function bindingFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.dryRun !== true);
}

/** When these findings were measured, ms, if every one that may revert is good; undefined when one is not, or when nobody measured. */
export function healthyMoment(findings: readonly Finding[]): number | undefined {
  const binding = bindingFindings(findings);
  const at = Math.max(0, ...binding.map((finding) => finding.at));
  return at > 0 && binding.every(({ verdict }) => verdict === 'Successful') ? at : undefined;
}

/** Whether every signal that may hold has passed, and those that count requests beyond doubt. */
export function isClear(findings: readonly Finding[]): boolean {
  return bindingFindings(findings).every(
    ({ source, verdict, clear }) => verdict === 'Successful' && (source !== 'envoy' || clear === true),
  );
}
