import type { Plan, Signal } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import type { Finding, Reading } from '../core/verdict.js';
import { alphaShare, judge } from '../judge/judge.js';
import type { SignalSource, Target } from '../ports.js';

const PATIENCE = 30_000;
const COUNTED_FOR = 1_000;

/** Asks each signal of the plan once, as a driver would, and says what it answered: its verdict and number, or why it cannot be measured. */
export async function checkSignals(plan: Plan, source: SignalSource, target: Target, now: number): Promise<readonly Check[]> {
  // Counters tell by how much they grow, so there is a look at them before the look that counts.
  const counted = plan.signals.filter((signal) => signal.source === 'envoy');
  if (counted.length > 0) {
    await source.read(counted, target, AbortSignal.timeout(PATIENCE));
    await new Promise((resolve) => setTimeout(resolve, COUNTED_FOR));
  }
  const readings = await source.read(plan.signals, target, AbortSignal.timeout(PATIENCE));
  return plan.signals.map((signal) => {
    const reading = readings.find((one) => one.signal === signal.name);
    return reading === undefined
      ? { name: `signal ${signal.name}`, verdict: 'warning', message: `${signal.source}: no answer` }
      : checkReading(plan, signal, reading, now);
  });
}

function checkReading({ signals, service }: Plan, signal: Signal, reading: Reading, now: number): Check {
  const { finding } = judge(signal, undefined, reading, { alpha: alphaShare(signal, signals), at: now });
  const { measurement } = reading;
  const name = `signal ${signal.name}`;
  const dry = signal.dryRun === true ? ' (dry run)' : '';
  if (measurement.kind === 'error')
    return {
      name,
      verdict: signal.dryRun === true ? 'warning' : 'failed',
      message: `${signal.source} cannot be measured${dry}: ${measurement.why}`,
      hint: `${reading.query}   is what was asked; mend it, or change the signal in the plan`,
    };
  if (measurement.kind === 'none' || (measurement.kind === 'counts' && measurement.canary.total === 0))
    return {
      name,
      verdict: measurement.kind === 'counts' ? 'ok' : 'warning',
      message: `${signal.source} answers${dry}, with no data for canary yet${measurement.kind === 'none' ? `: ${measurement.why}` : ''}`,
      hint: `data comes with traffic: splitter ramp ${service} --to 1`,
    };
  return {
    name,
    verdict: verdictOf(finding),
    message: `${finding.verdict}${dry}: ${finding.message}`,
    hint: `a rollout may be taken back on that; the bound is ${finding.bound}`,
  };
}

/** Few requests say little yet; a single measurement beyond its bound says something, though one more has to follow. */
function verdictOf({ verdict, source, failed, dryRun }: Finding): Check['verdict'] {
  if (verdict === 'Failed') return dryRun === true ? 'warning' : 'failed';
  return verdict === 'Inconclusive' && source !== 'envoy' && failed > 0 ? 'warning' : 'ok';
}
