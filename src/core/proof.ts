import { type Following, warnOfStale } from './following.js';
import type { Plan } from './plan.js';
import { bindingFindings, type Finding } from './verdict.js';

/** What is proven of a weight that was reached: `clear` beyond doubt, `open` not (yet), `unwatched` where nobody asked for a proof; and why, for people. */
export interface Proof {
  readonly kind: 'clear' | 'open' | 'unwatched';
  readonly why: string;
  /** What speaks against canary, which a lack of evidence alone does not. */
  readonly doubt?: string;
}

/** Why no evidence will ever come of this plan's signals; undefined where it may. Dry runs prove nothing. */
export function whyUnprovable({ signals }: Pick<Plan, 'signals'>): string | undefined {
  if (signals.length === 0) return "no signal is watched, since no caller's sidecar can be read";
  return signals.every(({ dryRun }) => dryRun === true) ? 'only dry runs are watched' : undefined;
}

/** What the signals have proven of the present weight: each that may revert must be beyond doubt within its bound, by requests or a measurement of this very step; and no caller may be known to send otherwise. */
export function proofOf(plan: Pick<Plan, 'signals'>, findings: readonly Finding[], following: readonly Following[] = []): Proof {
  const never = whyUnprovable(plan);
  if (never !== undefined) return { kind: 'open', why: never };
  const known = bindingFindings(findings);
  const binding = plan.signals.filter(({ dryRun }) => dryRun !== true);
  const told = binding.map(({ name }) => {
    const finding = known.find((one) => one.name === name);
    return {
      isProven: finding !== undefined && isProven(finding),
      why: finding === undefined ? `${name}: not measured yet` : describe(finding),
    };
  });
  const stale = warnOfStale({ following });
  if (stale !== undefined) return { kind: 'open', why: stale, doubt: stale };
  const open = told.filter((one) => !one.isProven);
  return open.length === 0
    ? { kind: 'clear', why: told.map(({ why }) => why).join('; ') }
    : { kind: 'open', why: open.map(({ why }) => why).join('; '), ...doubtOf(known) };
}

function doubtOf(findings: readonly Finding[]): Pick<Proof, 'doubt'> {
  const against = findings.find(({ verdict, samples }) => verdict !== 'Successful' && (samples > 0 || verdict === 'Error'));
  return against === undefined ? {} : { doubt: `${against.name}: ${against.message}` };
}

/** Counts have to be clear; a number has to be good and measured in this step. */
function isProven({ source, verdict, clear, samples }: Finding): boolean {
  return verdict === 'Successful' && samples > 0 && (source !== 'envoy' || clear === true);
}

function describe(finding: Finding): string {
  const { name, source, verdict, samples, band, message } = finding;
  const counted = source === 'envoy' && verdict !== 'Error' && finding.stableWorse !== true;
  if (!counted) return `${name}: ${message}`;
  const requests = `${samples.toLocaleString('en-US')} request${samples === 1 ? '' : 's'}`;
  return samples === 0 || band === undefined
    ? `${name}: 0 requests`
    : `${name}: ${requests}, at most ${percent(band.high)} (99%)`;
}

/** In percent with two significant digits, rounded up: what is said holds. */
function percent(value: number): string {
  const digit = 10 ** (1 - Math.floor(Math.log10(Math.max(value, 1e-3))));
  return `${Number((Math.ceil(value * digit - 1e-9) / digit).toPrecision(2))}%`;
}
