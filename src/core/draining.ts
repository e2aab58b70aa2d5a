/** What the callers' sidecars tell of one subset at one moment: requests without an answer yet, and all that were ever sent to it. */
export interface InFlight {
  readonly active: number;
  readonly sent: number;
  /** Every caller is known and was read; with one missing, nothing is certain. */
  readonly complete: boolean;
}

/** Whether the instances of a subset that was promoted away may be stopped; `null` where nobody can tell. */
export interface Draining {
  readonly subset: string;
  readonly drained: boolean | null;
  /** Requests without an answer yet; `null` where no sidecar could be read. */
  readonly inFlight: number | null;
  readonly message: string;
}

/** So long after a promotion every sidecar sends by it, ms (research/consul.md: weights are in force within a second). */
export const SETTLED = 1_000;
/** The least time between two looks that are compared, ms. */
export const LOOKS_APART = 500;

/** What two looks say, the first of them `SETTLED` after the promotion: drained is what has no request in flight and got none in between. */
export function drainingOf(subset: string, first: InFlight | undefined, second: InFlight | undefined): Draining {
  if (first === undefined || second === undefined)
    return {
      subset,
      drained: null,
      inFlight: null,
      message: `whether ${subset} is drained is unknown: no caller's sidecar can be read`,
    };
  const inFlight = second.active;
  if (inFlight > 0) {
    const requests = inFlight === 1 ? '1 request is' : `${inFlight} requests are`;
    return { subset, drained: false, inFlight, message: `${subset} is not drained: ${requests} in flight` };
  }
  // A sidecar that began anew in between counts from zero: what it sent before is not known.
  if (second.sent !== first.sent)
    return { subset, drained: false, inFlight, message: `${subset} is not drained: it still gets requests` };
  if (!first.complete || !second.complete)
    return {
      subset,
      drained: null,
      inFlight,
      message: `whether ${subset} is drained is unknown: not all callers' sidecars can be read`,
    };
  return { subset, drained: true, inFlight, message: `${subset} is drained: safe to stop` };
}
